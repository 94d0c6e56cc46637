"""The state machine that consensus replicates: registers by key, and a session for each client.

    machine = empty()
    apply(machine, ("ann.1", ("write", "x", 3)))    # None
    apply(machine, ("ann.2", ("cas", "x", 3, 4)))   # True
    apply(machine, ("ann.2", ("cas", "x", 3, 4)))   # True again: the same request, carried out once

1. It is deterministic and total: the same commands in the same order leave the same machine everywhere, and there is
   an answer to every command. A command that raised would stop every node that applies it, one after the other.
2. A command is (request, call). The request is "<client>.<number>", and a client counts upwards and waits for one
   answer before it asks again. So the last number and its answer are all that a session has to remember.
3. A request that comes a second time is answered as the first time, and changes nothing. Without that a retry after a
   lost answer would write over what another client has written since.
4. The command None does nothing.

The machine is plain data, so a node may keep it in one of its fields.

Left out: sessions that are closed. The paper lets them expire, and all replicas have to agree on when.

Source: D. Ongaro, J. Ousterhout, "In Search of an Understandable Consensus Algorithm (Extended Version)", 2014,
section 8; D. Ongaro, "Consensus: Bridging Theory and Practice", 2014, section 6.3.
"""

from __future__ import annotations

from faultlab.sim.plain import Plain

Machine = dict[str, dict[str, Plain]]
UNKNOWN_CALL = "unknown call"


def empty() -> Machine:
    """A machine to which nothing has been applied."""
    return {"registers": {}, "sessions": {}}


def apply(machine: Machine, command: Plain) -> Plain:
    """Carry out a command, once however often it comes (rule 3), and return its answer."""
    if command is None:
        return None
    request, call = command
    client, _, number = request.rpartition(".")
    last, answer = machine["sessions"].get(client, (0, None))
    if int(number) <= last:
        return answer
    answer = execute(machine["registers"], call)
    machine["sessions"][client] = (int(number), answer)
    return answer


def execute(registers: dict[str, Plain], call: Plain) -> Plain:
    """Carry out ("read", key), ("write", key, value) or ("cas", key, expected, new), and return the answer: the value,
    None, or whether `expected` was found. A register that nobody has written holds None."""
    match call:
        case ("read", key):
            return registers.get(key)
        case ("write", key, value):
            registers[key] = value
            return None
        case ("cas", key, expected, new):
            found = registers.get(key) == expected
            if found:
                registers[key] = new
            return found
    return UNKNOWN_CALL
