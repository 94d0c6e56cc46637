"""Causal consistency in its three variants, and PRAM: what caused what is seen in that order.

One operation is causally before another one if the same client made it earlier, if the other is a read that returned
what it wrote, or if a chain of such steps leads from it to the other. The variants agree that nobody may see an effect
without its cause, and differ in what else a client may see.

    CC   causal consistency   every answer is explained by the operations in its causal past, in some order that keeps
                              causality; the next answer of the same client may be explained by another order
    CM   causal memory        as CC, but one order for each client explains all its answers: it does not change its
                              mind (this is what Ahamad et al. 1995 define)
    CCv  causal convergence   as CC, but concurrent writes have one order for all clients and for ever, by which the
                              last write in the causal past of a read is the one it returns: replicas converge
    PRAM                      as CM, but only the order of each client counts, not what was caused through reads

CM and CCv do not imply each other, and each implies CC. CM implies PRAM; CC and CCv do not. A sequentially consistent
history has all four.

For registers to which no value is written twice a history has one of these properties exactly if it is free of some bad
patterns, which can be found in polynomial time (Bouajjani et al., table 2 and theorem 5):

    ThinAirRead       a read returns what nobody wrote                                              CC CCv CM
    CyclicCO          causality runs in a circle                                                    CC CCv CM
    WriteCOInitRead   a read returns the initial value with a write of it in its causal past        CC CCv CM
    WriteCORead       a read returns an overwritten value: between the write that it returned and   CC CCv CM
                      the read, causally, lies another write of the register
    CyclicCF          the order in which the reads want the writes arbitrated runs in a circle,     CCv
                      causality included
    WriteHBInitRead   as WriteCOInitRead, for the order that a single client must have seen         CM
    CyclicHB          the order that a single client must have seen runs in a circle                CM

The order that a client must have seen (HB) starts from causality and grows: if it has a write w1 before a read of the
client that returned w2, a write of the same register, then it has w1 before w2. PRAM uses the last two patterns, with
the order of each client (and where this client's own values came from) in place of causality.

Left out: objects other than registers, and values that repeat (see `registers`).

Sources: A. Bouajjani, C. Enea, R. Guerraoui, J. Hamza, "On verifying causal consistency", POPL 2017; M. Ahamad,
G. Neiger, J. Burns, P. Kohli, P. Hutto, "Causal memory: definitions, implementation, and programming", Distributed
Computing 9, 1995 (CM and, in section 3, PRAM); R. Lipton, J. Sandberg, "PRAM: a scalable shared memory", Princeton
TR-180-88, 1988.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from faultlab.sim.history.operations import History
from faultlab.sim.history.registers import Registers, bits, circle, closed, peel, resolved
from faultlab.sim.history.verdict import OK, VIOLATED, Verdict

CC, CM, CCV, PRAM = "causal", "causal memory", "causal convergence", "PRAM"

CYCLIC_CO = "CyclicCO"
WRITE_CO_INIT_READ = "WriteCOInitRead"
WRITE_CO_READ = "WriteCORead"
CYCLIC_CF = "CyclicCF"
WRITE_HB_INIT_READ = "WriteHBInitRead"
CYCLIC_HB = "CyclicHB"


class _Found(NamedTuple):
    """A bad pattern: its name, what it says here, and the numbers of the operations that show it."""

    pattern: str
    because: str
    numbers: tuple[int, ...]


def causal(history: History, initial: Any = None) -> Verdict:
    """Whether `history` is causally consistent (CC).

    `initial` is what every register holds before the first write. unknown: values repeat, or there are operations
    other than reads and writes. ValueError for a malformed history.
    """
    registers = resolved(history, initial, CC)
    if isinstance(registers, Verdict):
        return registers
    past = _causal_past(registers)
    return _verdict(CC, registers, past if isinstance(past, _Found) else _overwritten(registers, past))


def causal_memory(history: History, initial: Any = None) -> Verdict:
    """Whether `history` is one of a causal memory (CM, Ahamad et al.); the rest as for `causal`."""
    registers = resolved(history, initial, CM)
    if isinstance(registers, Verdict):
        return registers
    past = _causal_past(registers)
    if isinstance(past, _Found):
        return _verdict(CM, registers, past)
    found = _overwritten(registers, past)
    for client in registers.sessions:
        found = found or _view(registers, client, list(past))
    return _verdict(CM, registers, found)


def causal_convergence(history: History, initial: Any = None) -> Verdict:
    """Whether `history` is causally convergent (CCv); the rest as for `causal`."""
    registers = resolved(history, initial, CCV)
    if isinstance(registers, Verdict):
        return registers
    past = _causal_past(registers)
    if isinstance(past, _Found):
        return _verdict(CCV, registers, past)
    return _verdict(CCV, registers, _overwritten(registers, past) or _arbitration(registers, past))


def pram(history: History, initial: Any = None) -> Verdict:
    """Whether `history` is one of a pipelined RAM; the rest as for `causal`."""
    registers = resolved(history, initial, PRAM)
    if isinstance(registers, Verdict):
        return registers
    found = None
    for client in registers.sessions:
        preds = registers.before()
        for read in registers.sessions[client]:
            source = registers.source.get(read)
            if source is not None:
                preds[read] |= 1 << source
        placed, stuck = peel(preds)
        if stuck:
            found = found or _circle_of_causes(registers, preds, stuck)
        found = found or _view(registers, client, closed(preds, placed))
    return _verdict(PRAM, registers, found)


def _verdict(model: str, registers: Registers, found: _Found | None) -> Verdict:
    judged = len(registers)
    if found is None:
        return Verdict(model, OK, f"none of the bad patterns occurs in {judged} operations", tried=judged)
    shown = registers.indices(found.numbers)
    return Verdict(model, VIOLATED, found.because, shown, tried=judged, pattern=found.pattern)


def _causal_past(registers: Registers) -> list[int] | _Found:
    """For each operation the mask of all that are causally before it; or CyclicCO."""
    preds = registers.before()
    for read, source in registers.source.items():
        if source is not None:
            preds[read] |= 1 << source
    placed, stuck = peel(preds)
    return _circle_of_causes(registers, preds, stuck) if stuck else closed(preds, placed)


def _circle_of_causes(registers: Registers, preds: Sequence[int], stuck: int) -> _Found:
    numbers = circle(preds, stuck)
    steps = ", then ".join(registers.name(n) for n in (*numbers, numbers[0]))
    because = f"causes run in a circle: {steps}; each is earlier for its client than the next or is read by it"
    return _Found(CYCLIC_CO, because, tuple(numbers))


def _overwritten(registers: Registers, past: Sequence[int]) -> _Found | None:
    """WriteCOInitRead or WriteCORead: a read that does not return the last write in its causal past."""
    for read, source in sorted(registers.source.items()):
        seen = past[read] & registers.writes.get(registers.key[read], 0)
        if source is None:
            if seen:
                write = next(bits(seen))
                because = (
                    f"{registers.name(read)} returns the initial value, although {registers.name(write)} "
                    "is in its causal past"
                )
                return _Found(WRITE_CO_INIT_READ, because, (read, write))
            continue
        for write in bits(seen & ~(1 << source)):
            if past[write] >> source & 1:
                because = (
                    f"{registers.name(read)} returns what {registers.name(source)} wrote, although "
                    f"{registers.name(write)}, which is causally later, is in its causal past too"
                )
                return _Found(WRITE_CO_READ, because, (read, source, write))
    return None


def _arbitration(registers: Registers, past: Sequence[int]) -> _Found | None:
    """CyclicCF: a read that has w1 in its causal past and returns w2 wants w1 arbitrated before w2."""
    preds = registers.before()
    wanted: dict[tuple[int, int], int] = {}
    for read, source in sorted(registers.source.items()):
        if source is not None:
            preds[read] |= 1 << source
            losers = past[read] & registers.writes[registers.key[read]] & ~(1 << source)
            for loser in bits(losers & ~preds[source]):
                wanted[loser, source] = read
            preds[source] |= losers
    _, stuck = peel(preds)
    if not stuck:
        return None
    numbers = circle(preds, stuck)
    steps, shown = [], list(numbers)
    for first, second in zip(numbers, [*numbers[1:], numbers[0]], strict=True):
        read = wanted.get((first, second))
        if read is None:
            steps.append(f"{registers.name(first)} causes {registers.name(second)}")
        else:
            steps.append(
                f"{registers.name(first)} must come before {registers.name(second)}, "
                f"because {registers.name(read)} has both in its causal past and returns the latter"
            )
            shown.append(read)
    return _Found(CYCLIC_CF, "no order of the writes suits all clients: " + "; ".join(steps), tuple(shown))


def _view(registers: Registers, client: str, past: list[int]) -> _Found | None:
    """WriteHBInitRead or CyclicHB for one client. `past` is a transitively closed order, and grows."""
    reads = [n for n in registers.sessions[client] if registers.is_read(n)]
    grown = True
    while grown:
        grown = False
        for read in reads:
            source = registers.source[read]
            while seen := _unordered(registers, past, read):
                write = seen.bit_length() - 1  # the latest first: it brings many of the others along
                if source is None:
                    because = (
                        f"{registers.name(read)} returns the initial value, although for {client} "
                        f"{registers.name(write)} must come before it"
                    )
                    return _Found(WRITE_HB_INIT_READ, because, (read, write))
                if past[write] >> source & 1:
                    because = (
                        f"for {client}, {registers.name(write)} must come before {registers.name(source)}, because it "
                        f"comes before {registers.name(read)}, which returns the latter; but it must also come after it"
                    )
                    return _Found(CYCLIC_HB, because, (read, write, source))
                _put_before(past, write, source)
                grown = True
    return None


def _unordered(registers: Registers, past: Sequence[int], read: int) -> int:
    """Writes before `read` of its register that are not yet before the one it returned."""
    seen = past[read] & registers.writes.get(registers.key[read], 0)
    source = registers.source[read]
    return seen if source is None else seen & ~past[source] & ~(1 << source)


def _put_before(past: list[int], first: int, second: int) -> None:
    """Add a pair to a transitively closed order."""
    added = past[first] | 1 << first
    for n, mask in enumerate(past):
        if n == second or mask >> second & 1:
            past[n] = mask | added
