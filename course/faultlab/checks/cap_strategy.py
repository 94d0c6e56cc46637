"""What a strategy must achieve for each kind of data of three systems (exercise 3.1, task 2).

The learner hands in data: for each kind of data where its copies are, how many of them a read and a write ask, what
happens when too few can be reached, and how states are merged. The course's simulator (`faultlab.models.cap_strategy`)
plays requests and cuts with it, in the judge's process, and what comes out is held to the needs of the assignment.
Nothing of the learner's runs.

1. Each kind of data is a check with points of its own, and looks at its own entry only.
2. A schedule is a list of seeds. The same seed sends the same requests to every strategy, and the needs hold for each
   seed alone. The cuts are those of the assignment.
3. Any strategy that meets the needs is right. Letters ("CP", "AP") are not asked for, and none is compared.
"""

from __future__ import annotations

import random
from functools import lru_cache

from faultlab.checks.core import Schedule, Trial, register
from faultlab.checks.strategies import NotAStrategy, demanded, measured, strategy_in
from faultlab.checks.subject import RemoteError, SubjectError
from faultlab.i18n import N_, _
from faultlab.models.cap_strategy import KINDS, Finding, Kind, Result, Strategy, findings, simulate

SEEDS = [1, 2, 3]
HIDDEN = 2


def strategy_of(t: Trial, kind: Kind) -> Strategy:
    """The learner's entry for this kind of data; fails with one line if it makes no sense."""
    try:
        strategy = strategy_in(t.value(t.objects[0]), kind)
    except NotAStrategy as wrong:
        t.fail(str(wrong))
    if strategy is None:
        raise SubjectError(RemoteError(("NotImplementedError",)))
    return strategy


@lru_cache(maxsize=8)  # a result holds every request
def _run(name: str, strategy: Strategy, seed: int) -> Result:
    return simulate(KINDS[name], strategy, seed)


def told(kind: Kind, finding: Finding) -> str:
    """A need and what was measured, in a sentence."""
    return _("{need}; measured: {got}.", need=demanded(kind, finding), got=measured(finding))


def judge(t: Trial, name: str, schedule: Schedule) -> None:
    """Play the requests of each seed, note what they showed of each need, and name those that were missed."""
    kind = KINDS[name]
    strategy = strategy_of(t, kind)
    for seed in schedule or SEEDS[:1]:
        found = findings(_run(name, strategy, seed))
        t.note(_("seed {seed}:", seed=seed))
        for finding in found:
            t.note(f"{'✓' if finding.met else '✗'} {told(kind, finding)}")
        missed = [told(kind, finding) for finding in found if not finding.met]
        if missed:
            what = " ".join(f"({n}) {sentence}" for n, sentence in enumerate(missed, start=1))
            t.fail(_("With seed {seed}, needs missed: {n} of {all}. {what}", seed=seed, n=len(missed),
                     all=len(found), what=what))  # fmt: skip


def _seeds(rng: random.Random) -> Schedule:
    return [rng.randint(10, 1_000_000) for _seed in SEEDS]


def _register(name: str, title: str) -> None:
    @register(f"cap_strategy.{name}", title=title, examples=[SEEDS], generate=_seeds, hidden=HIDDEN)
    def one(t: Trial, schedule: Schedule) -> None:
        judge(t, name, schedule)


_register("position", N_("Game, positions of players: fast in every region, whatever is cut"))
_register("score", N_("Game, scores: counted everywhere at any time, and no point is lost"))
_register("trade", N_("Game, trades: a thing has one buyer, and the rest of the world trades on"))
_register(
    "allergies", N_("Clinics, allergies: always readable and writable, and no answer passes for complete that is not")
)
_register("results", N_("Clinics, test results: at hand in every clinic, and safe from the loss of any one"))
_register("dispensing", N_("Clinics, dispensing: no prescription is filled twice, and all can look it up"))
_register("files", N_("CDN, files under their version: from nearby, always"))
_register("pages", N_("CDN, front pages: a minute old at most, but rather old than none"))
_register("takedowns", N_("CDN, takedowns: in force everywhere after 60 s, link or no link"))
