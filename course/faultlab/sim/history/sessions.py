"""The four session guarantees: what a client may rely on in its own session, whichever server answers it.

The setting (Terry et al.): each operation is served by some server, every time possibly another one. A read sees the
writes that its server has received by then, and of those of one register the last in the order of versions. In the
words of the paper, with DB for what a server has received:

    read your writes      a write is in DB for every later read of its session
    monotonic reads       a write that a read returned is in DB for every later read of its session
    monotonic writes      if a write is in DB, so are all earlier writes of its session, and they are older versions
    writes follow reads   if a write is in DB, so are the writes that earlier reads of its session returned, and they
                          are older versions

What can be decided from outside. A client does not see the servers, so a checker asks whether there *is* a set of
received writes for each read, and an order of versions, with which every answer is the right one. Nothing else is
assumed. In particular
1. the order of versions is any that the guarantees allow: neither the clock nor, without monotonic writes, the order in
   which a client wrote says which version is newer,
2. each client may have an order of its own, as in causal memory and PRAM; with `one_order=True` there is one for all,
   as in the paper and wherever replicas converge,
3. a read never returns a later write of its own session.

The guarantees are weaker alone than one might think. A client writes 1, then 2; another reads 2, then 1. Monotonic
reads holds if 1 is the newer version, and monotonic writes holds if the reader was moved to a server that has received
1 only. Both together cannot hold. So the verdict on a guarantee is
- violated if no execution in which it holds explains the history, whatever else holds or not,
- unknown ("OneOf") if it can hold by itself but not together with others that can hold without it: one of them is
  broken, and from outside it cannot be told which,
- ok if it takes nothing away: wherever the other guarantees can hold, it can hold too.
To say that some guarantees are known to hold pass them as `given`: what cannot hold together with those is violated.
In the example, monotonic reads is violated given monotonic writes.

All four together, with one order of versions, are causal convergence (CCv). With an order for each client they follow
from causal memory and from causal convergence; the first three follow from PRAM.

Deciding is quick: giving each read the fewest writes that the guarantees demand is best, and then the versions must
only not run in a circle.

Left out: objects other than registers, and values that repeat (see `registers`).

Sources: D. Terry, A. Demers, K. Petersen, M. Spreitzer, M. Theimer, B. Welch, "Session guarantees for weakly consistent
replicated data", PDIS 1994; P. Viotti, M. Vukolić, "Consistency in non-transactional distributed storage systems", ACM
CSUR 49(1), 2016, section 3.3 (their monotonic writes orders the writes but does not demand the earlier one where the
later is; this file follows Terry).
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from itertools import combinations
from typing import Any, NamedTuple

from faultlab.sim.history.operations import History
from faultlab.sim.history.registers import Registers, bits, circle, closed, peel, resolved
from faultlab.sim.history.verdict import NOT_GIVEN, OK, ONE_OF, UNKNOWN, VIOLATED, Verdict

RYW, MR = "read your writes", "monotonic reads"
MW, WFR = "monotonic writes", "writes follow reads"
GUARANTEES = (RYW, MR, MW, WFR)

MISSED_WRITE = "MissedWrite"
FUTURE_READ = "FutureRead"
CYCLIC_VERSIONS = "CyclicVersions"


class _Clash(NamedTuple):
    """Why some guarantees together do not explain a history: pattern, sentence, numbers of operations."""

    pattern: str
    because: str
    numbers: tuple[int, ...]


def read_your_writes(
    history: History, initial: Any = None, given: Collection[str] = (), one_order: bool = False
) -> Verdict:
    """Whether every read sees the writes that its client made before it.

    Certain from outside, by itself: a read of the initial value after an own write of the register. An own write
    overwritten by an older own write is seen given monotonic writes.

    `initial` is what every register holds before the first write; `given` names guarantees that are known to hold;
    `one_order` asks for one order of versions for all clients. The module's docstring says what each verdict means.
    ValueError for a malformed history or an unknown name in `given`.
    """
    return _judge(history, RYW, initial, given, one_order)


def monotonic_reads(
    history: History, initial: Any = None, given: Collection[str] = (), one_order: bool = False
) -> Verdict:
    """Whether no read of a client takes back what an earlier one showed.

    Certain from outside, by itself: a value, another one, and the first again; or a value, then the initial one. Going
    back from a client's second write to its first is seen given monotonic writes. The rest as for `read_your_writes`.
    """
    return _judge(history, MR, initial, given, one_order)


def monotonic_writes(
    history: History, initial: Any = None, given: Collection[str] = (), one_order: bool = False
) -> Verdict:
    """Whether the writes of a client are seen in the order in which it made them.

    By itself reads of one register at a time never violate it (save by a client that reads its own future): each read
    may have gone to another server. Given monotonic reads, seeing a later write and then not an earlier one is seen.
    The rest as for `read_your_writes`.
    """
    return _judge(history, MW, initial, given, one_order)


def writes_follow_reads(
    history: History, initial: Any = None, given: Collection[str] = (), one_order: bool = False
) -> Verdict:
    """Whether a write is seen only where the writes are seen that its client had read before.

    Certain from outside, by itself: writes that follow one another in a circle. Given monotonic reads, seeing the
    answer and then not the question is seen. The rest as for `read_your_writes`.
    """
    return _judge(history, WFR, initial, given, one_order)


def together(
    history: History, guarantees: Collection[str] = GUARANTEES, initial: Any = None, one_order: bool = False
) -> Verdict:
    """Whether some execution in which all of `guarantees` hold explains the history: ok or violated, or unknown where
    values repeat. ValueError as for `read_your_writes`."""
    chosen = _known(guarantees)
    model = " + ".join(chosen) or "no guarantee"
    registers = resolved(history, initial, model)
    if isinstance(registers, Verdict):
        return registers
    clash = _clash(registers, frozenset(chosen), one_order)
    if clash is None:
        return Verdict(model, OK, f"an execution explains all {len(registers)} operations", tried=len(registers))
    return _verdict(registers, model, VIOLATED, clash)


def _known(names: Collection[str]) -> tuple[str, ...]:
    """The names in the usual order; ValueError for one that is no guarantee."""
    for name in names:
        if name not in GUARANTEES:
            raise ValueError(f"{name!r} is no session guarantee; there are {', '.join(GUARANTEES)}")
    return tuple(name for name in GUARANTEES if name in names)


def _verdict(
    registers: Registers, model: str, status: str, clash: _Clash, pattern: str = "", text: str = ""
) -> Verdict:
    shown = registers.indices(clash.numbers)
    because = f"{text}{clash.because}"
    return Verdict(model, status, because, shown, tried=len(registers), pattern=pattern or clash.pattern)


def _judge(history: History, guarantee: str, initial: Any, given: Collection[str], one_order: bool) -> Verdict:
    registers = resolved(history, initial, guarantee)
    known = frozenset(_known(given)) - {guarantee}
    if isinstance(registers, Verdict):
        return registers

    @cache
    def clash(*guarantees: str) -> _Clash | None:
        return _clash(registers, frozenset(guarantees), one_order)

    alone = clash(guarantee)
    if alone:
        return _verdict(registers, guarantee, VIOLATED, alone)
    broken = clash(*known)
    if broken:
        text = f"what was given ({', '.join(_known(known))}) does not hold itself: "
        return _verdict(registers, guarantee, UNKNOWN, broken, NOT_GIVEN, text)
    with_known = clash(guarantee, *known)
    if with_known:
        text = f"given {', '.join(_known(known))}: "
        return _verdict(registers, guarantee, VIOLATED, with_known, text=text)
    others = [name for name in GUARANTEES if name != guarantee and name not in known]
    for size in range(1, len(others) + 1):
        for some in combinations(others, size):
            conflict = clash(guarantee, *known, *some)
            if conflict and not clash(*known, *some):
                text = f"one of these is broken, and which cannot be told: {', '.join(_known((guarantee, *some)))}. "
                return _verdict(registers, guarantee, UNKNOWN, conflict, ONE_OF, text)
    because = f"it can hold for all {len(registers)} operations, and takes nothing away from the other guarantees"
    return Verdict(guarantee, OK, because, tried=len(registers))


def _clash(registers: Registers, guarantees: frozenset[str], one_order: bool) -> _Clash | None:
    """None if an execution in which all `guarantees` hold explains the history, else why not."""
    demands = _demands(registers, guarantees)
    placed, stuck = peel(demands)
    if stuck:
        return _circle_of_versions(registers, demands, stuck, {})
    demanded = closed(demands, placed)  # by a write: what must be received with it, and be older
    older, why = list(demands), dict[tuple[int, int], int]()
    for session in registers.sessions.values():
        if not one_order:
            older, why = list(demands), {}
        clash = _session(registers, guarantees, session, demanded, older, why)
        if clash:
            return clash
        placed, stuck = peel(older)
        if stuck:
            return _circle_of_versions(registers, older, stuck, why)
    return None


def _demands(registers: Registers, guarantees: frozenset[str]) -> list[int]:
    """For each write the mask of those that monotonic writes and writes follow reads demand directly."""
    masks = [0] * len(registers)
    for session in registers.sessions.values():
        wrote = read = 0
        for n in session:
            source = registers.source.get(n)
            if registers.is_read(n):
                read |= 0 if source is None else 1 << source
            else:
                masks[n] = (wrote if MW in guarantees else 0) | (read if WFR in guarantees else 0)
                wrote |= 1 << n
    return masks


def _session(
    registers: Registers,
    guarantees: frozenset[str],
    session: tuple[int, ...],
    demanded: list[int],
    older: list[int],
    why: dict[tuple[int, int], int],
) -> _Clash | None:
    """Go through one session with the fewest writes that each read must see: fill in which versions must be older."""
    seen = 0
    ahead = sum(1 << n for n in session if not registers.is_read(n))
    for n in session:
        if not registers.is_read(n):
            ahead &= ~(1 << n)
            seen |= (1 << n | demanded[n]) if RYW in guarantees else 0
            continue
        source = registers.source[n]
        sees = seen if source is None else seen | 1 << source | demanded[source]
        if sees & ahead:
            write = next(bits(sees & ahead))
            because = f"{registers.name(n)} could only see {registers.name(write)}, which its client made later"
            return _Clash(FUTURE_READ, because, (n, write))
        losers = sees & registers.writes.get(registers.key[n], 0)
        if source is None:
            if losers:
                write = next(bits(losers))
                because = f"{registers.name(n)} returns the initial value, but must see {registers.name(write)}"
                return _Clash(MISSED_WRITE, because, (n, write))
            continue
        losers &= ~(1 << source)
        for write in bits(losers & ~older[source]):
            why[write, source] = n
        older[source] |= losers
        seen |= sees if MR in guarantees else 0
    return None


def _circle_of_versions(registers: Registers, older: list[int], stuck: int, why: dict[tuple[int, int], int]) -> _Clash:
    numbers = circle(older, stuck)
    steps, shown = [], list(numbers)
    for first, second in zip(numbers, [*numbers[1:], numbers[0]], strict=True):
        step = f"{registers.name(first)} must be older than {registers.name(second)}"
        if (first, second) in why:
            read = why[first, second]
            step += f", because {registers.name(read)} must see both and returns the latter"
            shown.append(read)
        steps.append(step)
    return _Clash(CYCLIC_VERSIONS, "; ".join(steps), tuple(shown))
