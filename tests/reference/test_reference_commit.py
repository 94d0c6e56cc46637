"""Atomic commitment: state counts that TLC and stateright print, and the costs in Gray and Lamport's paper.

Sources
- State counts: the modules TCommit and TwoPhase of the TLA+ examples (tlaplus/Examples, transaction_commit) under TLC;
  8,832 states for 5 RMs is also what stateright's example 2pc prints. The 80 and 314 orbits were computed anew from the
  definition of symmetry: stateright prints 665 for 5 RMs, because its representative sorts by the RM's state alone, so
  that its count depends on the order of the search.
- Messages and delays: J. Gray, L. Lamport, "Consensus on Transaction Commit", ACM TODS 31(1), 2006: sections 3.2 and 4,
  and section 5 for N = 5, F = 1. What is counted stands in `models/commit.py` and `models/paxos_commit.py`.
"""

import pytest

from faultlab.models.commit import Cost, TCommit, cost, names, promises
from faultlab.models.paxos_commit import ALONE, CO_LOCATED, LEADER_AT_ACCEPTOR, paxos_commit
from faultlab.models.paxos_commit import machines as paxos_machines
from faultlab.models.two_phase_commit import TwoPhase, specified, two_phase_commit
from faultlab.models.two_phase_commit import machines as two_phase_machines
from faultlab.sim.explore import explore
from faultlab.sim.search import breadth_first


def test_transaction_commit_of_3_rms_has_the_34_states_of_tlc():
    spec = TCommit(3)
    result = breadth_first(spec, promises(spec.rms))
    assert (result.states, result.generated, result.depth) == (34, 94, 7)
    assert result.exhausted and result.ok


def test_two_phase_commit_of_3_rms_has_the_288_states_of_tlc():
    spec = TwoPhase(3)
    result = breadth_first(spec, promises(spec.rms))
    assert (result.states, result.generated, result.depth) == (288, 1146, 11)
    assert result.exhausted and result.ok


@pytest.mark.slow
@pytest.mark.parametrize(("count", "states"), [(5, 8_832), (6, 50_816)])
def test_two_phase_commit_of_5_and_6_rms_has_as_many_states_as_stateright_and_tlc_find(count, states):
    result = breadth_first(TwoPhase(count))
    assert result.exhausted and result.states == states


@pytest.mark.parametrize(("count", "orbits"), [(3, 80), (5, 314)])
def test_under_symmetry_80_and_314_states_are_left(count, orbits):
    spec = TwoPhase(count, symmetry=True)
    result = breadth_first(spec, promises(spec.rms))
    assert result.exhausted and result.ok and result.states == orbits
    assert result.depth == {3: 11, 5: 17}[count] == breadth_first(TwoPhase(count)).depth


@pytest.mark.slow
@pytest.mark.parametrize(("count", "states", "orbits"), [(3, 288, 80), (5, 8_832, 314)])
def test_the_nodes_have_the_states_of_the_specification(count, states, orbits):
    rms = names("r", count)
    depth = breadth_first(TwoPhase(count, symmetry=True)).depth
    for symmetry, wanted in (((), states), ([rms], orbits)):
        result = explore(specified(count), promises(rms), network="lasting", symmetry=symmetry, audit=False)
        assert result.exhausted and result.ok
        assert (result.states, result.depth) == (wanted, depth)


# Costs

SIZES = [(2, 1), (3, 1), (5, 1), (8, 1), (3, 2), (5, 2), (9, 2), (7, 3)]


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 20])
def test_two_phase_commit_needs_3n_minus_1_messages_and_4_delays(n):
    # A single RM has nobody to wait for: Prepared, Commit.
    delays = 4 if n > 1 else 2
    assert cost(two_phase_commit(n), two_phase_machines(n, co_located=False)) == Cost(3 * n - 1, delays)
    # Co-located: the Prepared of the initiating RM and the Commit to it stay on the machine.
    delays = 3 if n > 1 else 0
    assert cost(two_phase_commit(n), two_phase_machines(n, co_located=True)) == Cost(3 * n - 3, delays)


@pytest.mark.parametrize(("n", "f"), SIZES)
def test_paxos_commit_costs_what_the_paper_says(n, f):
    nodes = paxos_commit(n, f)
    assert cost(nodes, paxos_machines(n, f, ALONE)) == Cost((n + 1) * (f + 3) - 2, 5)
    assert cost(nodes, paxos_machines(n, f, LEADER_AT_ACCEPTOR)) == Cost(n * f + f + 3 * n - 1, 5)
    # With two RMs the second one stands beside an acceptor, which has heard the first one long before: 3 delays.
    assert cost(nodes, paxos_machines(n, f, CO_LOCATED)) == Cost(n * (f + 3) - 3, 4 if n > 2 else 3)


@pytest.mark.parametrize(("n", "f"), SIZES)
def test_faster_paxos_commit_saves_one_delay_and_costs_what_the_paper_says(n, f):
    nodes = paxos_commit(n, f, faster=True)
    assert cost(nodes, paxos_machines(n, f, ALONE)) == Cost(n * (2 * f + 3), 4)
    assert cost(nodes, paxos_machines(n, f, LEADER_AT_ACCEPTOR)) == Cost(2 * n * f + 3 * n - 1, 4)
    assert cost(nodes, paxos_machines(n, f, CO_LOCATED)) == Cost((n - 1) * (2 * f + 3), 3)


def test_5_rms_and_1_fault_need_12_17_and_20_messages_co_located_and_14_20_and_24_otherwise():
    def messages(layout):
        two_phase = cost(two_phase_commit(5), two_phase_machines(5, co_located=layout == CO_LOCATED))
        others = [cost(paxos_commit(5, 1, faster=faster), paxos_machines(5, 1, layout)) for faster in (False, True)]
        return [c.messages for c in (two_phase, *others)]

    assert messages(CO_LOCATED) == [12, 17, 20]
    assert messages(LEADER_AT_ACCEPTOR) == [14, 20, 24]
    assert messages(ALONE) == [14, 22, 25]


@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_paxos_commit_without_faults_to_survive_is_two_phase_commit(n):
    """Section 5: with F = 0, and the one acceptor beside the leader, the two are a transaction manager."""
    for faster in (False, True):
        nodes = paxos_commit(n, 0, faster=faster)
        for layout, co_located in ((LEADER_AT_ACCEPTOR, False), (CO_LOCATED, True)):
            wanted = cost(two_phase_commit(n), two_phase_machines(n, co_located))
            assert cost(nodes, paxos_machines(n, 0, layout)) == wanted
