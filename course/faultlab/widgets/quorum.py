"""N, W and R by hand: whom a write and a read have waited for, where these sets meet, and how often reads are old.

The ring is the store of `models/quorum_store.py`, played in the laboratory:
1. A scenario is a list of steps: a write or a read through a node, a node that fails or comes back, a wait. A step
   follows `STEP_S` after the one before, a wait takes `WAIT_S` more. Every message takes from 5 to 50 ms, by the seed.
2. The write set are the nodes whose acknowledgements the coordinator had when it answered the last write (a stand-in's
   hint counts with sloppy quorums), the read set those whose answers it had when it answered the last read; of a call
   without an answer, those it has so far. They are read from the trace. A node that is in both carries what makes
   R + W > N work.
3. The history of all these calls goes to the checker of linearizability: overlap alone does not give that.

The chart asks how old reads are while nothing fails. One client writes and, t ms after each answer, reads; the share of
fresh reads is measured in the store itself. Beside it stand the simulation of `models/pbs.py` (WARS) with the same
latencies, 1 to 200 ms each way, and the bound for quorums drawn at random, which pretends that a write stops at W.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from faultlab.i18n import N_, _
from faultlab.models.pbs import Wars, consistent_at, k_staleness, trials
from faultlab.models.quorum_store import NO_STAMP, QuorumStore, preference_list
from faultlab.sim.faults import Fault, crash, restart
from faultlab.sim.history import OK, UNKNOWN, VIOLATED, linearizable
from faultlab.sim.latency import Uniform
from faultlab.sim.scenario import Client, Network
from faultlab.sim.trace import Event, Trace
from faultlab.sim.world import simulate
from faultlab.widgets.panel import (
    Panel,
    choice,
    hidden_list,
    number,
    outcome,
    preset,
    question,
    slider,
    text_number,
    toggle,
)

NODES = tuple("ABCDEF")
KEY = "name"  # whose place on the ring is before A, so that A, B and C are its replicas
ONE, TWO, THREE, *SPARE = preference_list(NODES, KEY, 3)
N_MAX, STEPS_MAX = 5, 16
FIRST_S, STEP_S, WAIT_S = 1.0, 0.15, 0.5
BY_HAND = Uniform(0.005, 0.05)
# What the chart draws from, in milliseconds, for each of the four ways of WARS.
LEAST_MS, MOST_MS, T_MAX_MS = 1.0, 200.0, 240
RUNS, WRITES, TRIALS, POINTS = 10, 8, 2000, 25
WRITE, READ, DOWN, UP, WAIT = "write", "read", "down", "up", "wait"
Step = dict[str, Any]


# -------- steps, as a chapter writes them


def write(at: str) -> Step:
    """A client beside node `at` writes; the first write is 1, the second 2, and so on."""
    return {"do": WRITE, "at": at}


def read(at: str) -> Step:
    return {"do": READ, "at": at}


def down(at: str) -> Step:
    """The node fails. What is on its disk stays."""
    return {"do": DOWN, "at": at}


def up(at: str) -> Step:
    return {"do": UP, "at": at}


def wait() -> Step:
    """Time for hints and repairs: half a second."""
    return {"do": WAIT, "at": NODES[0]}


def checked(step: Mapping[str, Any]) -> Step:
    """The step with its defaults. ValueError in one line if it cannot be read."""
    do, at = step.get("do"), step.get("at", NODES[0])
    if do not in (WRITE, READ, DOWN, UP, WAIT) or at not in NODES:
        raise ValueError(_("A step looks like {example}, not like {step}.", example=write(ONE), step=dict(step)))
    return {"do": do, "at": at}


# -------- the ring


def times_s(steps: Sequence[Step]) -> list[float]:
    """When each step happens, and last the moment that is shown."""
    moments = [FIRST_S]
    for step in steps:
        moments.append(moments[-1] + (WAIT_S if step["do"] == WAIT else STEP_S))
    return moments


def scheduled(steps: Sequence[Step], moments: Sequence[float]) -> tuple[list[Client], list[Fault]]:
    """Each call has a client of its own, named after its step. A node that fails twice fails once."""
    clients, faults, writes = [], [], 0
    dead: set[str] = set()
    for i, (step, at_s) in enumerate(zip(steps, moments, strict=False), 1):
        at, do = step["at"], step["do"]
        if do in (WRITE, READ):
            writes += do == WRITE
            call = (WRITE, KEY, writes) if do == WRITE else (READ, KEY)
            clients.append(Client(f"c{i}", [call], at, at_s, timeout_s=60.0))
        elif do == DOWN and at not in dead:
            dead.add(at)
            faults.append(crash(at, at_s))
        elif do == UP and at in dead:
            dead.remove(at)
            faults.append(restart(at, at_s))
    return clients, faults


def play(steps: Sequence[Step], seed: int = 1, **options: Any) -> Trace:
    """The steps in the laboratory; `options` are those of `QuorumStore`."""
    moments = times_s(steps)
    clients, faults = scheduled(steps, moments)
    nodes = dict.fromkeys(NODES, partial(QuorumStore, **options))
    return simulate(nodes, moments[-1], clients=clients, faults=faults, network=Network(BY_HAND), seed=seed)


def call_of(trace: Trace, client: str, replicas: Sequence[str]) -> dict[str, Any]:
    """What became of a call: whether it was answered, with what and when, and whom the coordinator waited for."""
    events = list(trace)
    begin = next((i for i, e in enumerate(events) if e.kind == "request" and e.other == client), None)
    end = next((i for i, e in enumerate(events) if e.kind == "reply" and e.other == client), None)
    found: dict[str, Any] = {"answered": end is not None, "value": None, "at_s": None, "quorum": []}
    if end is not None:
        found |= {"value": events[end].detail[1], "at_s": events[end].at_s}
    if begin is not None:
        found["quorum"] = _waited_for(events, begin, len(events) if end is None else end, replicas)
    return found


def _waited_for(events: Sequence[Event], begin: int, end: int, replicas: Sequence[str]) -> list[str]:
    """Who had acknowledged or answered by then: the coordinator itself, if it is a replica, and whose message came."""
    node = events[begin].node
    mine = [e for e in events[begin + 1 :] if e.kind == "send" and e.node == node and e.detail[0] in ("put", "get")]
    waited = [node] if node in replicas and _is_up(events[:begin], node) else []
    if not mine or mine[0].at_s > events[begin].at_s:
        return waited
    number_ = mine[0].detail[1]
    sent = {e.number: e.detail for e in events if e.kind == "send"}
    for event in events[begin:end]:
        if event.kind == "deliver" and event.node == node:
            name, answered, *_rest = sent.get(event.number, ("", None))
            if name in ("ack", "value") and answered == number_ and event.other not in waited:
                waited.append(event.other)
    return waited


def _is_up(events: Sequence[Event], node: str) -> bool:
    return next((e.kind == "start" for e in reversed(events) if e.node == node and e.kind in ("start", "crash")), False)


def calls_of(trace: Trace, steps: Sequence[Step], replicas: Sequence[str]) -> list[dict[str, Any]]:
    """The writes and reads in order, each with its step."""
    found, writes = [], 0
    for i, step in enumerate(steps, 1):
        if step["do"] in (WRITE, READ):
            writes += step["do"] == WRITE
            wrote = writes if step["do"] == WRITE else None
            found.append({"step": i, **step, "wrote": wrote, **call_of(trace, f"c{i}", replicas)})
    return found


def ring(trace: Trace, replicas: Sequence[str], calls: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each node as it is in the end: what it holds, for whom it keeps a hint, in which sets it is."""
    events = list(trace)
    states = trace.at(events[-1].at_s)
    last = {do: next((c["quorum"] for c in reversed(calls) if c["do"] == do), []) for do in (WRITE, READ)}
    found = []
    for name in NODES:
        state = states.get(name) or {}
        # Of a node that is down, what is on its disk.
        store = state.get("store", state.get("disk.store", {}))
        held = dict(store).get(KEY, (NO_STAMP, None))[1]
        hints = sorted({hint[0] for hint in dict(state.get("hints", state.get("disk.hints", {}))).values()})
        place = replicas.index(name) + 1 if name in replicas else None
        sets = {"in_write": name in last[WRITE], "in_read": name in last[READ]}
        found.append(
            {"name": name, "place": place, "down": not _is_up(events, name), "value": held, "hints": hints, **sets}
        )
    return found


# -------- how old reads are


@lru_cache(maxsize=64)
def measured(n: int, r: int, w: int, t_ms: float, seed: int) -> tuple[int, int]:
    """Of how many reads, each `t_ms` after the answer to a write, how many are old: (old, all)."""
    calls = [call for i in range(WRITES) for call in ((WRITE, KEY, i), (READ, KEY))]
    # A client beside the last node of the ring, which is no replica: all four ways lead over the network.
    client = Client("c", calls, preference_list(NODES, KEY, n)[-1], FIRST_S, pause_s=t_ms / 1000, timeout_s=60.0)
    nodes = dict.fromkeys(NODES, partial(QuorumStore, n=n, r=r, w=w))
    network = Network(Uniform(LEAST_MS / 1000, MOST_MS / 1000))
    old = reads = 0
    for run in range(RUNS):
        trace = simulate(nodes, WRITES * 2.0, clients=[client], network=network, seed=seed * RUNS + run)
        values = [event.detail[1] for event in trace.of("reply")][1::2]
        old += sum(value != i for i, value in enumerate(values))
        reads += len(values)
    return old, reads


def _way(rng: random.Random) -> float:
    return rng.uniform(LEAST_MS, MOST_MS)


@lru_cache(maxsize=64)
def predicted(n: int, r: int, w: int, seed: int) -> tuple[float, ...]:
    """The share of fresh reads by WARS at `POINTS` moments from 0 to `T_MAX_MS`."""
    sample = trials(Wars(_way, _way, _way, _way), n, r, w, TRIALS, seed)
    return tuple(consistent_at(sample, t_ms) for t_ms in moments_ms())


def moments_ms() -> list[float]:
    return [T_MAX_MS * i / (POINTS - 1) for i in range(POINTS)]


def interval(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval for a share: where the true one lies, in 19 of 20 cases."""
    share, spread = hits / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def staleness(n: int, r: int, w: int, t_ms: float, seed: int) -> dict[str, Any]:
    """The chart: the measured share with its interval, the curve of WARS, the bound."""
    old, reads = measured(n, r, w, t_ms, seed)
    low, high = interval(reads - old, reads)
    curve = predicted(n, r, w, seed)
    here = curve[min(range(POINTS), key=lambda i: abs(moments_ms()[i] - t_ms))]
    return {
        "old": old, "reads": reads, "fresh": (reads - old) / reads, "low": low, "high": high, "t_ms": t_ms,
        "curve": [[t, share] for t, share in zip(moments_ms(), curve, strict=True)], "wars": here,
        "bound": k_staleness(n, r, w), "end_ms": T_MAX_MS,
    }  # fmt: skip


# -------- scenarios


def plain() -> list[Step]:
    return [write(SPARE[0]), read(SPARE[1])]


def seen_and_missed() -> list[Step]:
    """Ann's write reaches one replica; Bob reads it there; Cy asks the two others."""
    return [down(TWO), down(THREE), write(ONE), up(TWO), read(TWO), down(ONE), up(THREE), read(THREE)]


def stand_in() -> list[Step]:
    """Hints make up the W; the one replica that has the value fails before they are delivered."""
    return [down(TWO), down(THREE), write(ONE), wait(), down(ONE), up(TWO), up(THREE), read(TWO)]


def behind() -> list[Step]:
    return [down(THREE), write(ONE), up(THREE), read(TWO), wait()]


# -------- the panel


class QuorumPanel(Panel):
    """A ring of nodes with N, W and R; see the module's docstring."""

    topic = "quorum"

    def describe(self) -> dict[str, Any]:
        return {
            "title": _("N, W and R: where writes and reads meet"),
            "question": self._how_old(),
            "controls": [
                slider("n", _("N: replicas"), 3, 1, N_MAX, 1),
                slider("w", _("W: a write waits for"), 1, 1, N_MAX, 1),
                slider("r", _("R: a read waits for"), 1, 1, N_MAX, 1),
                slider("t", _("Chart: the read starts after"), 0, 0, T_MAX_MS, 10, _("ms"), local=True),
                choice("quorum", _("Hints count among the W"), "strict",
                       [("strict", _("no (strict)")), ("sloppy", _("yes (sloppy)"))]),
                toggle("repair", _("Read repair"), True),
                hidden_list("steps", plain()),
            ],
            "presets": self._presets(),
            "words": self._words(),
        }  # fmt: skip

    @staticmethod
    def _how_old() -> dict[str, Any]:
        options = [("none", _("None")), ("some", _("Up to a third")), ("many", _("More than a third"))]
        return question(_("A read starts as soon as a write is answered. How many reads are old?"), options, name="old")

    def _presets(self) -> list[dict[str, Any]]:
        seen = [("1", "1"), ("nothing", _("Nothing")), ("no", _("It gets no answer"))]
        cy = question(
            _("Ann's write gets no answer, Bob's read sees 1. Later Cy reads. What does he see?"), seen, name="last"
        )
        bob = question(_("W = 2 was answered, R + W > N. What does the read afterwards see?"), seen, name="last")
        held = [("yes", _("Yes")), ("no", _("No"))]
        third = question(_("{node} was down during the write. Does it hold the value half a second after the read?",
                           node=THREE), held, name="third")  # fmt: skip
        return [
            preset("one_one", _("ONE and ONE"),
                   _("the write goes on to all replicas after the answer, so fewer reads are old than the bound "
                     "says.")),
            preset("overlap", _("Overlapping quorums"),
                   _("whatever the two sets are, they share a node, drawn as a diamond. New seeds draw others."),
                   self._how_old(), w=2, r=2),
            preset("not_linearizable", _("R + W > N, and not linearizable"),
                   _("the promise is about writes that were answered. This one was not: seen once, missed afterwards."),
                   cy, w=2, r=2, repair=False, steps=seen_and_missed()),
            preset("stand_in", _("A hint instead of a replica"),
                   _("the write was answered, and its W are one replica and a stand-in with a note."),
                   bob, w=2, r=2, quorum="sloppy", steps=stand_in()),
            preset("repair", _("Read repair"),
                   _("the coordinator of the read sends the newest value to whoever answered with an older one. Switch "
                     "it off and look again."), third, w=2, r=2, steps=behind()),
            preset("all", _("W = ALL, one replica down"),
                   _("reads are cheap and fresh, and nothing can be written."),
                   question(_("One replica is down. Is the write answered?"), held, name="written"),
                   w=3, r=1, steps=[down(THREE), write(SPARE[0]), wait(), read(SPARE[1])]),
        ]  # fmt: skip

    @staticmethod
    def _words() -> dict[str, Any]:
        return {
            "how": _("Choose a node of the ring, then say what it should do."),
            "undo": _("Undo"),
            "clear": _("Clear"),
            "steps": _("{n} of {all} steps"),
            "write": _("{at}: write"),
            "read": _("{at}: read"),
            "down": _("{at}: fail"),
            "up": _("{at}: come back"),
            "wait": _("Wait 0.5 s"),
            "node": _("Node {name}: {what}"),
            "replica": _("replica {n}"),
            "other": _("no replica"),
            "is_down": _("down"),
            "hint": _("hint for {names}"),
            "write_set": _("write set"),
            "read_set": _("read set"),
            "both": _("in both"),
            "fresh": _("fresh reads"),
            "after": _("ms after the answer"),
            "measured": _("measured"),
            "wars": _("WARS"),
            "bound": _("if writes stopped at W"),
            "calls": _("Calls"),
            "is_linearizable": _("✓ linearizable"),
            "not_linearizable": _("✗ not linearizable"),
            "not_told": _("? linearizable or not: the checker has given up"),
            "a_hint": _("a hint, and for whom"),
        }

    # -------- what happens

    def compute(self, params: Mapping[str, Any]) -> dict[str, Any]:
        n, w, r = (int(params[name]) for name in ("n", "w", "r"))
        w, r = min(w, n), min(r, n)
        steps = [checked(step) for step in params["steps"][:STEPS_MAX]]
        replicas = preference_list(NODES, KEY, n)[:n]
        options = {"n": n, "r": r, "w": w, "sloppy": params["quorum"] == "sloppy", "repair": params["repair"]}
        trace = play(steps, params["seed"], **options)
        calls, verdict = calls_of(trace, steps, replicas), linearizable(trace.history())
        nodes = ring(trace, replicas, calls)
        chart = staleness(n, r, w, params["t"], params["seed"])
        return {
            "n": n, "w": w, "r": r, "nodes": nodes, "chart": chart, "full": len(steps) >= STEPS_MAX, "max": STEPS_MAX,
            "steps": steps, "calls": [{**call, "text": call_text(call)} for call in calls],
            "linearizable": verdict.status, "because": verdict.because,
            "overlap": [node["name"] for node in nodes if node["in_write"] and node["in_read"]],
            "answers": answers(nodes, calls, chart),
            "numbers": numbers(n, r, w, nodes, chart, trace),
            "summary": summary(nodes, calls, chart, verdict.status),
            "log": log(steps, calls),
            "notice": notice(params, n),
        }  # fmt: skip


CALLS = {
    (WRITE, True): N_("{at} writes {wrote}: answered, {quorum}"),
    (WRITE, False): N_("{at} writes {wrote}: no answer, {quorum}"),
    (READ, True): N_("{at} reads {value}: {quorum}"),
    (READ, False): N_("{at} reads: no answer, {quorum}"),
}
FINDS_NOTHING = N_("{at} finds nothing: {quorum}")


def call_text(call: Mapping[str, Any]) -> str:
    """A call and whom it had: `A writes 1: answered, {A, B}`."""
    quorum = "{" + ", ".join(sorted(call["quorum"])) + "}" if call["quorum"] else "∅"
    how = call["do"], call["answered"]
    sentence = FINDS_NOTHING if how == (READ, True) and call["value"] is None else CALLS[how]
    return _(sentence, at=call["at"], wrote=call["wrote"], value=call["value"], quorum=quorum)


def answers(
    nodes: Sequence[Mapping[str, Any]], calls: Sequence[Mapping[str, Any]], chart: Mapping[str, Any]
) -> dict[str, Any]:
    share = chart["old"] / chart["reads"]
    counted = {"old": chart["old"], "reads": chart["reads"], "t": text_number(chart["t_ms"])}
    old = _("{old} of {reads} reads are old, {t} ms after the answer.", **counted)
    said = "; ".join(call_text(call) for call in calls) + "."
    reads = [call for call in calls if call["do"] == READ]
    seen = "no" if not reads or not reads[-1]["answered"] else "nothing" if reads[-1]["value"] is None else "1"
    writes = [call for call in calls if call["do"] == WRITE]
    third = next(node for node in nodes if node["name"] == THREE)
    return {
        "old": outcome("none" if not chart["old"] else "some" if share <= 1 / 3 else "many", old),
        "last": outcome(seen, said),
        "third": outcome("no" if third["value"] is None else "yes", said),
        "written": outcome("yes" if writes and writes[-1]["answered"] else "no", said),
    }


def percent(share: float) -> str:
    return f"{text_number(100 * share)}%"


def numbers(
    n: int, r: int, w: int, nodes: Sequence[Mapping[str, Any]], chart: Mapping[str, Any], trace: Trace
) -> list[dict[str, Any]]:
    repairs = sum(e.kind == "send" and e.detail[0] == "put" and e.detail[1][1] == "repair" for e in trace)
    between = f"{percent(chart['low'])} – {percent(chart['high'])}"
    return [
        number(_("R + W − N: nodes in common at least, if strict"), max(0, r + w - n)),
        number(_("dead replicas survived, writes and reads"), f"{n - w}, {n - r}"),
        number(_("fresh reads, measured"), percent(chart["fresh"]), note=between),
        number(_("19 times of 20 between"), between),
        number(_("fresh reads, WARS"), percent(chart["wars"])),
        number(_("fresh, if a write stopped at its W"), percent(chart["bound"])),
        number(_("hints that wait"), sum(len(node["hints"]) for node in nodes)),
        number(_("repairs sent to others"), repairs),
    ]


VERDICTS = {
    OK: N_("The calls are linearizable."),
    VIOLATED: N_("The calls are not linearizable."),
    UNKNOWN: N_("Whether the calls are linearizable, the checker could not tell."),
}


def summary(
    nodes: Sequence[Mapping[str, Any]], calls: Sequence[Mapping[str, Any]], chart: Mapping[str, Any], verdict: str
) -> str:
    both = ", ".join(node["name"] for node in nodes if node["in_write"] and node["in_read"]) or _("no node")
    good = _(VERDICTS[verdict])
    fresh = _("Fresh reads: measured {measured}, WARS {wars}, bound {bound}.", measured=percent(chart["fresh"]),
              wars=percent(chart["wars"]), bound=percent(chart["bound"]))  # fmt: skip
    return " ".join([*(f"{call_text(call)}." for call in calls), _("In both sets: {both}.", both=both), good, fresh])


SENTENCES = {
    DOWN: N_("{n}. {at} fails."),
    UP: N_("{n}. {at} comes back."),
    WAIT: N_("{n}. Half a second goes by."),
}


def log(steps: Sequence[Step], calls: Sequence[Mapping[str, Any]]) -> list[str]:
    said = {call["step"]: call_text(call) for call in calls}
    lines = []
    for i, step in enumerate(steps, 1):
        do, at = step["do"], step["at"]
        lines.append(f"{i}. {said[i]}." if i in said else _(SENTENCES[do], n=i, at=at))
    return lines


def notice(params: Mapping[str, Any], n: int) -> str | None:
    if len(params["steps"]) > STEPS_MAX:
        return _("At most {n} steps are played; the rest is left out.", n=STEPS_MAX)
    if params["w"] > n or params["r"] > n:
        return _("W and R are at most N: {n} is meant.", n=n)
    return None


def quorum_panel(*, steps: Iterable[Step] | None = None, **params: Any) -> QuorumPanel:
    """The panel of N, W and R.

    `n`, `w`, `r` are from 1 to 5 (W and R count at most N), `t` the milliseconds between a write's answer and the read
    that is measured, `quorum` "strict" or "sloppy", `repair` whether reads repair. `steps` is a list of `write("A")`,
    `read("B")`, `down("C")`, `up("C")`, `wait()` of this module. `reveal=True` shows the outcome without asking for a
    prediction. ValueError for a value that the panel does not offer.
    """
    if steps is not None:
        params["steps"] = [checked(step) for step in steps]
    return QuorumPanel(**params)
