"""The timeouts panel: who gives up when along a chain of calls, and how long is long enough for one of them.

1. Above, one call goes down a chain of levels in which each waits for the next. A row is a level, a bar an attempt, the
   mark with the number its timeout. Hatched is work that goes on when its caller has gone. The rules are those of
   `faultlab.models.timeouts`.
2. Below, many answer times of one service and a timeout that is dragged along them: the share of answers that it gives
   up on, against the time that a dead server costs. The browser gets the counts once and computes these by itself.

A learner's chain takes the place of the usual one: `timeouts_panel(levels=[("client", 5), ("service", 2, 3, 0.5)])`,
each with its name, timeout in seconds and, if it tries more than once, attempts and pause.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise
from typing import Any

from faultlab.i18n import _
from faultlab.models import timeouts as model
from faultlab.models.timeouts import CallTree, Finding, Latency, Level, Span
from faultlab.widgets.panel import Panel, choice, number, outcome, preset, question, slider, text_number, toggle

SAMPLES = 20_000
MEDIAN_S, TAIL_SHARE, TAIL_S = 0.1, 0.02, 2.0
BIN_S = 0.01
TIMEOUT_MIN_S, TIMEOUT_MAX_S = 0.02, 20.0
HISTOGRAM_MIN_S, BARS_PER_DECADE = 0.01, 20
AXIS_ENDS = (1, 2, 4, 6, 8)
LEVELS_MAX = 6
LOG_SPANS_MAX = 40

GIVEN, ALL = "given", "all"
FIRST, FIRES, LATE, NEVER, CUT, IDLE = "first", "fires", "late", "never", "cut", "idle"


# ---------------------------------------------------------------- the chain


def usual_names() -> dict[str, str]:
    """The levels of the usual chain by key, in the learner's language."""
    return {
        "client": _("client"),
        "balancer": _("balancer"),
        "application": _("application"),
        "socket": _("socket"),
        "database": _("database"),
    }


def own_levels(levels: Iterable[Level | Sequence[Any]]) -> list[Level]:
    """A learner's chain; ValueError in one line if it cannot be one."""
    chain = [level if isinstance(level, Level) else Level(*level) for level in levels]
    if not 2 <= len(chain) <= LEVELS_MAX:
        raise ValueError(_("a chain has from 2 to {n} levels, not {given}", n=LEVELS_MAX, given=len(chain)))
    return chain


@dataclass(frozen=True)
class Scale:
    """The range of the sliders for a chain: seconds for the usual one, parts of a second for a fast one."""

    step_s: float
    maximum_s: float

    @classmethod
    def of(cls, chain: Sequence[Level]) -> Scale:
        longest_s = max(level.timeout_s for level in chain)
        whole = all(float(level.timeout_s).is_integer() for level in chain)
        step_s = 1 if whole and longest_s >= 10 else 0.1 if longest_s >= 1 else 0.01
        return cls(step_s, max(math.ceil(2 * longest_s / step_s) * step_s, 100 * step_s if step_s < 1 else 60))


def seconds(value: float) -> str:
    """Seconds for a sentence, with as many decimals as they need."""
    digits = next(d for d in (0, 1, 2) if d == 2 or round(value, d) == round(value, 2))
    return text_number(value, digits)


def percent(share: float) -> str:
    """A share for a sentence: two decimals below 1%, one below 10%."""
    value = 100 * share
    return text_number(value, 0 if value in (0, 100) else 2 if value < 1 else 1 if value < 10 else 0)


# ---------------------------------------------------------------- one call through the chain


def gave_up(level: Level, span: Span) -> bool:
    """Whether the wait ended with its time. Where the level below ends in the same moment, both did."""
    out_of_time = span.end_s - span.start_s >= level.timeout_s - 1e-9 and span.outcome != model.ANSWERED
    return out_of_time or span.outcome == model.TIMED_OUT


def cut_short(level: Level, span: Span) -> bool:
    """Whether the wait ended with its caller's time, before the level's own timeout."""
    return span.end_s - span.start_s < level.timeout_s - 1e-9


def somebody_waits(span: Span) -> bool:
    return span.orphan_from_s is None or span.orphan_from_s >= span.end_s


def first_to_fire(chain: Sequence[Level], tree: CallTree) -> Span | None:
    """The first timeout that somebody noticed; of equal ones the innermost."""
    noticed = [
        span
        for span in tree.spans
        if somebody_waits(span) and gave_up(chain[span.depth], span) and not cut_short(chain[span.depth], span)
    ]
    return min(noticed, key=lambda span: (span.end_s, -span.depth), default=None)


def statuses(chain: Sequence[Level], tree: CallTree, findings: Sequence[Finding], propagate: bool) -> list[str]:
    """What becomes of each level's timeout in this call."""
    first = first_to_fire(chain, tree)
    result = []
    for depth, level in enumerate(chain):
        fired = [span for span in tree.spans if span.depth == depth and gave_up(level, span)]
        noticed = [span for span in fired if somebody_waits(span)]
        if first is not None and depth == first.depth:
            result.append(FIRST)
        elif noticed:
            result.append(CUT if all(cut_short(level, span) for span in noticed) else FIRES)
        elif depth and findings[depth - 1].never_fires and not propagate:
            result.append(NEVER)
        else:
            result.append(LATE if fired else IDLE)
    return result


def axis_end_s(chain: Sequence[Level], tree: CallTree) -> float:
    """A round number with some room behind the last mark."""
    latest_s = max(*(level.timeout_s for level in chain), *(span.end_s for span in tree.spans)) * 1.12
    power = 10 ** math.floor(math.log10(latest_s))
    return next(end * power for end in (*AXIS_ENDS, 10) if end * power >= latest_s - 1e-9)


# ---------------------------------------------------------------- many answers


@dataclass(frozen=True)
class Answers:
    """Answer times of one service, sorted, and the two ways in which the browser gets them."""

    samples_s: tuple[float, ...]
    counts: list[int]
    bars: list[int]

    def slower_than(self, share: float) -> float:
        """The timeout that gives up on no more than this share, as `model.timeout_for`."""
        return self.samples_s[max(math.ceil(len(self.samples_s) * (1 - share) - 1e-9), 1) - 1]

    def false_share(self, timeout_s: float) -> float:
        return 1 - bisect_right(self.samples_s, timeout_s) / len(self.samples_s)

    def wait_s(self, timeout_s: float, dead_share: float) -> float:
        """The mean time spent on a call, as `model.mean_wait_s`."""
        within = bisect_right(self.samples_s, timeout_s)
        alive_s = (self._sums_s[within] + (len(self.samples_s) - within) * timeout_s) / len(self.samples_s)
        return (1 - dead_share) * alive_s + dead_share * timeout_s

    @property
    def mean_s(self) -> float:
        return self._sums_s[-1] / len(self.samples_s)

    @cached_property
    def _sums_s(self) -> list[float]:
        return list(accumulate(self.samples_s, initial=0.0))


@lru_cache(maxsize=32)
def answers(tail_share: float, tail_s: float, seed: int) -> Answers:
    """`counts[k]`: answers within k * 10 ms but not within one less; the last one also holds what is slower still.

    `bars`: the same answers in bars of equal width on a logarithmic axis.
    """
    samples_s = Latency(median_s=MEDIAN_S, tail_share=tail_share, tail_s=tail_s).samples(SAMPLES, seed)
    bins = round(TIMEOUT_MAX_S / BIN_S)
    within = [bisect_right(samples_s, k / round(1 / BIN_S)) for k in range(bins + 1)]
    counts = [within[0], *(b - a for a, b in pairwise(within)), SAMPLES - within[-1]]
    decades = math.log10(TIMEOUT_MAX_S / HISTOGRAM_MIN_S)
    edges = [HISTOGRAM_MIN_S * 10 ** (i / BARS_PER_DECADE) for i in range(1, math.ceil(decades * BARS_PER_DECADE))]
    below = [0, *(bisect_right(samples_s, edge) for edge in edges), SAMPLES]
    return Answers(tuple(samples_s), counts, [b - a for a, b in pairwise(below)])


# ---------------------------------------------------------------- the panel


class TimeoutsPanel(Panel):
    topic = "timeouts"

    def __init__(self, levels: Iterable[Level | Sequence[Any]] | None = None, **params: Any) -> None:
        self.is_own = levels is not None
        self.chain_given = own_levels(levels) if levels is not None else list(model.LISTED)
        self.step_scale = Scale.of(self.chain_given)
        # Before `super` starts to count time.
        answers(TAIL_SHARE, TAIL_S, params.get("seed", 1))
        super().__init__(**params)

    # -------- what it consists of

    def describe(self) -> dict[str, Any]:
        names = usual_names()
        self.level_keys = [f"level_{i}" for i in range(1, len(self.chain_given) + 1)] if self.is_own else list(names)
        self.level_names = [level.name[:24] if self.is_own else names[level.name] for level in self.chain_given]
        return {
            "title": _("Timeouts"),
            "question": self._whose_question() if self.is_own else _how_long(_listed_question(), "main"),
            "controls": self._controls(),
            "presets": self._own_presets() if self.is_own else _usual_presets(),
            "words": _words(),
        }

    def _controls(self) -> list[dict[str, Any]]:
        step_s, maximum_s = self.step_scale.step_s, self.step_scale.maximum_s
        some_s = round(round(0.4 * max(level.timeout_s for level in self.chain_given) / step_s) * step_s, 2)
        # Who tries again: in the usual chain each level between the ends may; in a learner's one any that waits.
        able = list(zip(self.level_keys, self.level_names, strict=True))[1:]
        able = able if self.is_own else [pair for pair in able if pair[0] in ("application", "socket")]
        able.append((ALL, _("all in between")))
        given = self.is_own and any(level.attempts > 1 for level in self.chain_given)
        retriers = [(GIVEN, _("as in the chain")), *able] if given else able
        return [
            choice("work", _("Innermost call"), "hangs", [("hangs", _("hangs")), ("slow", _("is slow"))]),
            slider("work_s", _("A slow one takes"), some_s, step_s, maximum_s, step_s, _("s")),
            choice("retrier", _("Who tries again"), retriers[0][0], retriers, menu=True),
            slider("attempts", _("Attempts"), 1, 1, 4, 1),
            toggle("propagate", _("Hand the deadline on"), False),
            slider(
                "timeout_s",
                _("Answer timeout"),
                1.0,
                TIMEOUT_MIN_S,
                TIMEOUT_MAX_S,
                BIN_S,
                _("s"),
                logarithmic=True,
                local=True,
            ),
            slider("tail", _("Slow answers"), 100 * TAIL_SHARE, 0, 10, 0.5, "%"),
            slider("pause_s", _("Pause between attempts"), step_s, 0, 10 * step_s, step_s, _("s"), more=True),
            *(
                slider(
                    f"{key}_s",
                    _("Timeout: {name}", name=name),
                    level.timeout_s,
                    step_s,
                    maximum_s,
                    step_s,
                    _("s"),
                    more=True,
                )
                for key, name, level in zip(self.level_keys, self.level_names, self.chain_given, strict=True)
            ),
            slider("tail_s", _("Slow answers: later by"), TAIL_S, 0.5, 5.0, 0.5, _("s"), more=True),
            slider("dead", _("Calls to a dead server"), 1, 0, 20, 1, "%", more=True),
            choice(
                "axis",
                _("Axis of answer times"),
                "log",
                [("log", _("logarithmic")), ("linear", _("linear"))],
                more=True,
                local=True,
            ),
        ]

    def _whose_question(self) -> dict[str, Any]:
        text = _("The innermost call of your chain hangs. Does any work go on when its caller has gone?")
        return question(text, [("no", _("no")), ("yes", _("yes"))], name="orphans")

    def _own_presets(self) -> list[dict[str, Any]]:
        return [
            preset("chain", _("Your chain"), _("hatched is work that nobody waits for.")),
            preset("deadline", _("Deadline handed on"), _("nothing goes on after its caller."), propagate=True),
            _tail_preset(),
        ]

    # -------- what it computes

    def compute(self, params: Mapping[str, Any]) -> dict[str, Any]:
        chain = self._chain(params)
        work_s = math.inf if params["work"] == "hangs" else params["work_s"]
        apart, handed_on = (model.call_tree(chain, work_s, propagate) for propagate in (False, True))
        tree = handed_on if params["propagate"] else apart
        findings = model.analyse(chain)
        status = statuses(chain, tree, findings, params["propagate"])
        latency = answers(params["tail"] / 100, params["tail_s"], params["seed"])
        told = self._told(chain, tree, findings, params["propagate"])
        return {
            "levels": [
                {
                    "name": name,
                    "control": f"{key}_s",
                    "timeout_s": level.timeout_s,
                    "attempts": level.attempts,
                    "status": s,
                }
                for key, name, level, s in zip(self.level_keys, self.level_names, chain, status, strict=True)
            ],
            "spans": [_span(chain[span.depth], span) for span in tree.spans],
            "end_s": axis_end_s(chain, tree),
            "wasted_s": round(tree.wasted_s, 3),
            "answered": tree.answered,
            "took_s": tree.took_s,
            "counts": latency.counts,
            "bars": latency.bars,
            "answers": self._verdicts(tree, latency),
            "columns": [_("each by itself"), _("deadline handed on")],
            "numbers": self._numbers(apart, handed_on),
            "summary": f"{told} {_told_of_answers(params, latency)}",
            "log": self._log(chain, tree, params, latency),
        }

    def _chain(self, params: Mapping[str, Any]) -> list[Level]:
        chain = []
        for index, (key, name, level) in enumerate(
            zip(self.level_keys, self.level_names, self.chain_given, strict=True)
        ):
            attempts, pause_s = 1, params["pause_s"]
            between = 0 < index < len(self.chain_given) - (0 if self.is_own and len(self.chain_given) == 2 else 1)
            if params["retrier"] == GIVEN:
                attempts, pause_s = level.attempts, level.backoff_s
            elif params["retrier"] == key or (params["retrier"] == ALL and between):
                attempts = params["attempts"]
            chain.append(Level(name, params[f"{key}_s"], attempts, pause_s))
        return chain

    def _numbers(self, apart: CallTree, handed_on: CallTree) -> list[dict[str, Any]]:
        trees = apart, handed_on
        return [
            number(
                _("“{name}” has its result after, s", name=self.level_names[0]), *(round(t.took_s, 2) for t in trees)
            ),
            number(_("calls of “{name}”", name=self.level_names[-1]), *(_bottom_calls(t) for t in trees)),
            number(_("work of “{name}”, s", name=self.level_names[-1]), *(round(t.work_s, 2) for t in trees)),
            number(_("of it for nobody, s"), *(round(t.wasted_s, 2) for t in trees)),
        ]

    def _told(self, chain: Sequence[Level], tree: CallTree, findings: Sequence[Finding], propagate: bool) -> str:
        """Who gives up first, and whose timeout never matters."""
        sentences = [self._told_of_the_end(chain, tree)]
        late = [depth for depth, finding in enumerate(findings, start=1) if finding.never_fires and not propagate]
        if late:
            outer, inner = chain[late[0] - 1], chain[late[0]]
            values = {"timeout": seconds(inner.timeout_s), "inner": inner.name}
            values |= {"outer": outer.name, "outer_s": seconds(outer.timeout_s)}
            sentences.append(
                _(
                    "The {timeout} s of “{inner}” always come too late: “{outer}” waits no longer than {outer_s} s.",
                    **values,
                )
            )
        return " ".join(sentences)

    def _told_of_work(self, tree: CallTree) -> str:
        values = {"name": self.level_names[-1], "work": seconds(tree.work_s), "wasted": seconds(tree.wasted_s)}
        if tree.wasted_s > 1e-9:
            return _("“{name}” works for {work} s, {wasted} s of them for nobody.", **values)
        return _("“{name}” works for {work} s, and somebody waits for every one of them.", **values)

    def _told_of_the_end(self, chain: Sequence[Level], tree: CallTree) -> str:
        first = first_to_fire(chain, tree)
        values = {"top": self.level_names[0], "took": seconds(tree.took_s)}
        if first is None:
            return _("“{top}” has its answer after {took} s, before any timeout fires.", **values)
        values |= {"name": first.level, "at": seconds(first.end_s)}
        if tree.answered:
            return _("The timeout of “{name}” fires first, at {at} s; “{top}” has its answer at {took} s.", **values)
        return _("The timeout of “{name}” fires first, at {at} s; “{top}” has its error at {took} s.", **values)

    def _verdicts(self, tree: CallTree, latency: Answers) -> dict[str, dict[str, str]]:
        wasted_s, calls = tree.wasted_s, _bottom_calls(tree)
        how_long = "none" if wasted_s < 1e-9 else "short" if wasted_s <= 10 else "long"
        enough_s = latency.slower_than(0.001)
        told = self._told_of_work(tree)
        return {
            "main": outcome(how_long, told),
            "orphans": outcome("no" if wasted_s < 1e-9 else "yes", told),
            "calls": outcome(
                "few" if calls <= 3 else "some" if calls <= 6 else "many",
                _("{calls} calls of “{name}” come from one at the top.", calls=calls, name=self.level_names[-1])
                + " "
                + told,
            ),
            "tail": outcome(
                "low" if enough_s < 0.5 else "middle" if enough_s <= 2 else "high",
                _(
                    "From {enough} s on. The mean is {mean} s: a timeout of twice that gives up on {share}%.",
                    enough=text_number(enough_s, 1),
                    mean=text_number(latency.mean_s, 2),
                    share=percent(latency.false_share(2 * latency.mean_s)),
                ),
            ),
        }

    def _log(self, chain: Sequence[Level], tree: CallTree, params: Mapping[str, Any], latency: Answers) -> list[str]:
        lines = [_finding(finding) for finding in model.analyse(chain)]
        lines += [_told_of_span(chain[span.depth], span) for span in tree.spans[:LOG_SPANS_MAX]]
        if len(tree.spans) > LOG_SPANS_MAX:
            lines.append(_("… and {n} more attempts", n=len(tree.spans) - LOG_SPANS_MAX))
        lines.append(self._told_of_work(tree))
        lines += [
            _(
                "{share}% of the answers come within {time} s.",
                share=text_number(100 * (1 - s), d),
                time=text_number(t, 2),
            )
            for s, d, t in ((s, d, latency.slower_than(s)) for s, d in ((0.5, 0), (0.1, 0), (0.01, 0), (0.001, 1)))
        ]
        return [*lines, _told_of_answers(params, latency), _told_of_the_dead(params, latency)]


# ---------------------------------------------------------------- words


def _words() -> dict[str, Any]:
    return {
        "tree": _("One call, from level to level: drag the timeouts"),
        "distribution": _("How long is long enough? {n} answers of one service"),
        "time": _("time, s"),
        "seconds": _("{n} s"),
        "percent": _("{n}%"),
        "attempts": _("{n} attempts"),
        "status": {
            FIRST: _("fires first"),
            FIRES: _("fires"),
            LATE: _("fires for nobody"),
            NEVER: _("always too late"),
            CUT: _("ends with its caller"),
            IDLE: _("not reached"),
        },
        "deadline": _("deadline, handed on"),
        "drag": _("Timeout: {name}"),
        "answered": _("answered"),
        "gave_up": _("gave up waiting"),
        "error": _("got an error"),
        "orphaned": _("work nobody waits for"),
        "wasted": _("{n} s of work nobody waits for"),
        "nothing_wasted": _("✓ no work without somebody who waits for it"),
        "answer_time": _("time to the answer, s"),
        "share": _("answers, share (root scale)"),
        "false_share": _("false timeouts: answers that come later"),
        "wait": _("mean wait per call, s, when {dead}% of the calls meet a dead server"),
        "timeout": _("timeout {n} s"),
        "timeout_text": _("{n} s: {share}% false timeouts, {wait} s mean wait"),
        "dead_costs": _("dead server: {n} s each"),
        "timeout_label": _("Answer timeout"),
    }


def _listed_question() -> str:
    return _(
        "The query in the database hangs. Each timeout is smaller than the one before it: client 30 s, balancer 25, "
        "application 20, database 15, socket 10. How long does the database work for a caller that has gone?"
    )


def _how_long(text: str, name: str) -> dict[str, Any]:
    return question(text, [("none", _("not at all")), ("short", _("up to 10 s")), ("long", _("longer"))], name=name)


def _usual_presets() -> list[dict[str, Any]]:
    mended = {"socket_s": 15, "database_s": 10}
    everywhere = mended | {"retrier": ALL, "attempts": 2}
    three = _(
        "The order is mended: the database ends its query after 10 s, the socket waits 15. Now the application tries "
        "three times. How long does the database work for a caller that has gone?"
    )
    two = _("Balancer, application and socket try twice each. How many queries does one hanging call start?")
    counts = [("few", _("2 or 3")), ("some", _("4 to 6")), ("many", _("7 or more"))]
    handed_on = _(
        "The same attempts, but every level is told how much time is left. How long does the database work for a "
        "caller that has gone?"
    )
    return [
        preset("listed", _("As listed"), _("the socket waits for the database, and gives up before it.")),
        preset(
            "mended",
            _("Order mended"),
            _("of two timeouts around one wait, the one nearer to the work has to be the shorter."),
            **mended,
        ),
        preset(
            "three",
            _("Three attempts"),
            _("every timeout is still smaller than its caller's; all attempts together are not."),
            question=_how_long(three, "main"),
            retrier="application",
            attempts=3,
            **mended,
        ),
        preset(
            "everywhere",
            _("Two attempts everywhere"),
            _("attempts multiply from level to level, and most of the work is for nobody."),
            question=question(two, counts, name="calls"),
            **everywhere,
        ),
        preset(
            "deadline",
            _("Deadline handed on"),
            _("the hatched work is gone, and no timeout had to be changed."),
            question=_how_long(handed_on, "main"),
            propagate=True,
            **everywhere,
        ),
        _tail_preset(),
    ]


def _tail_preset() -> dict[str, Any]:
    text = _(
        "Half of the answers come within 0.1 s, and 2 of 100 are slow. From which timeout on does less than "
        "1 answer in 1,000 come too late?"
    )
    options = [("low", _("less than 0.5 s")), ("middle", _("0.5 to 2 s")), ("high", _("more than 2 s"))]
    return preset(
        "tail",
        _("Heavy tail"),
        _(
            "drag the timeout in the lower picture: "
            "to the left answers are lost, to the right a dead server costs more."
        ),
        question=question(text, options, name="tail"),
        timeout_s=0.3,
    )


def _finding(finding: Finding) -> str:
    values = {
        "outer": finding.outer,
        "inner": finding.inner,
        "outer_s": seconds(finding.outer_timeout_s),
        "inner_s": seconds(finding.inner_takes_s),
        "orphan": seconds(finding.orphan_s),
    }
    if finding.kind == model.FITS:
        return _("“{outer}” waits {outer_s} s, “{inner}” takes at most {inner_s} s: that fits.", **values)
    if finding.kind == model.RACE:
        return _("“{outer}” waits {outer_s} s, “{inner}” takes up to {inner_s} s: a race.", **values)
    if finding.kind == model.TOO_LONG:
        return _(
            "“{outer}” waits {outer_s} s, “{inner}” takes up to {inner_s} s: its timeout is too late for anybody.",
            **values,
        )
    return _(
        "“{outer}” waits {outer_s} s, “{inner}” with all its attempts takes up to {inner_s} s: "
        "up to {orphan} s for nobody.",
        **values,
    )


def _told_of_span(level: Level, span: Span) -> str:
    error = _("gives up waiting") if gave_up(level, span) else _("has an error")
    line = _(
        "{start}–{end} s: “{name}”, attempt {attempt}, {outcome}",
        start=seconds(span.start_s),
        end=seconds(span.end_s),
        name=span.level,
        attempt=span.attempt,
        outcome=_("has its answer") if span.outcome == model.ANSWERED else error,
    )
    if span.orphan_s > 0:
        alone_s = max(span.start_s, span.orphan_from_s or 0)
        line += _("; from {at} s on nobody waits for it", at=seconds(alone_s))
    return line


def _told_of_answers(params: Mapping[str, Any], latency: Answers) -> str:
    return _(
        "A timeout of {timeout} s gives up on {share}% of the answers that would have come.",
        timeout=seconds(params["timeout_s"]),
        share=percent(latency.false_share(params["timeout_s"])),
    )


def _told_of_the_dead(params: Mapping[str, Any], latency: Answers) -> str:
    timeout_s, dead = params["timeout_s"], params["dead"]
    return _(
        "A dead server costs {timeout} s a call; if {dead}% of the calls meet one, the mean wait is {wait} s.",
        timeout=seconds(timeout_s),
        dead=seconds(dead),
        wait=text_number(latency.wait_s(timeout_s, dead / 100), 2),
    )


def _span(level: Level, span: Span) -> list[Any]:
    """What the picture needs: depth, attempt, start, end, outcome, and from when on nobody waits (or None)."""
    alone_s = max(span.start_s, span.orphan_from_s) if span.orphan_s > 0 and span.orphan_from_s is not None else None
    times = [round(value, 3) for value in (span.start_s, span.end_s)]
    ended = "a" if span.outcome == model.ANSWERED else "t" if gave_up(level, span) else "f"
    return [span.depth, span.attempt, *times, ended, alone_s if alone_s is None else round(alone_s, 3)]


def _bottom_calls(tree: CallTree) -> int:
    return sum(span.depth == tree.bottom for span in tree.spans)


def timeouts_panel(levels: Iterable[Level | Sequence[Any]] | None = None, **params: Any) -> TimeoutsPanel:
    """Show the panel. `levels`: the learner's own chain (see the module); `params` are start values of the controls,
    such as `propagate=True`."""
    return TimeoutsPanel(levels, **params)
