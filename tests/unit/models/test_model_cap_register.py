"""The three registers: what each keeps, and the schedule in which it does not keep the rest."""

import pytest

from faultlab.models.cap_register import APRegister, CPRegister, NaiveRegister
from faultlab.sim import (
    Client,
    Constant,
    Network,
    Uniform,
    crash,
    drop,
    explore,
    partition,
    random_faults,
    restart,
    simulate,
)
from faultlab.sim.history import linearizable
from faultlab.sim.history.convergence import converged
from faultlab.sim.properties import always, sometimes

FIVE = "ABCDE"
READ_IT = sometimes("the new value is read", lambda s: any(result == 1 for _request, result in s.replies))


def busy(names, rounds=6):
    """A client at each node, which writes and reads one key in turn, and does not ask anybody else."""
    return [
        Client(
            f"at {n}",
            [c for i in range(rounds) for c in (("write", "x", f"{n}{i}"), ("read", "x"))],
            n,
            pause_s=0.4,
            timeout_s=3.0,
        )
        for n in names
    ]


def run(register, until_s=30.0, names=FIVE, clients=None, **how):
    network = how.pop("network", Network(Uniform(0.005, 0.05)))
    return simulate(dict.fromkeys(names, register), until_s, clients=clients or busy(names), network=network, **how)


def stores(trace):
    return {name: state["store"] for name, state in trace.state(len(trace) - 1).items()}


@pytest.mark.parametrize("seed", range(12))
def test_the_cp_register_is_linearizable_whatever_fails(seed):
    faults = random_faults(seed, FIVE, 20.0)
    trace = run(CPRegister, seed=seed, faults=faults)
    assert not trace.tracebacks
    verdict = linearizable(trace.history())
    assert verdict.status == "ok", verdict
    assert sum(op.returned_s is not None for op in trace.history()) >= 10


def test_the_majority_side_goes_on_and_the_minority_is_refused():
    trace = run(CPRegister, 12, faults=partition("A B | C D E", 1.0, 11.0))
    during = [op for op in trace.history() if 1.1 < op.called_s < 9.5]
    minority = [op for op in during if op.client[:4] in ("at A", "at B")]
    majority = [op for op in during if op not in minority]
    assert len(minority) > 4 and all(op.failed for op in minority), "nothing had been written, so they are refused"
    assert len(majority) > 10 and all(op.returned_s is not None and not op.failed for op in majority)
    assert linearizable(trace.history()).status == "ok"


def test_the_ap_register_answers_every_request_at_once_and_converges_after_healing():
    trace = run(APRegister, 20, faults=partition("A B | C D E", 1.0, 12.0))
    history = trace.history()
    assert all(op.returned_s == op.called_s and not op.failed for op in history) and len(history) == 60
    assert converged(stores(trace)).status == "ok"
    assert linearizable(history).status == "violated"


def test_the_ap_register_keeps_across_a_crash_what_it_has_acknowledged():
    writes = [Client("ann", [("write", "x", 1)], "A", start_s=0.5)]
    trace = run(APRegister, 8, clients=writes, faults=[crash("A", 0.5001), restart("A", 4.0)],
                network=Network(Constant(0.01), loss=1.0))  # fmt: skip
    assert stores(trace)["A"]["x"][1] == 1


def test_the_naive_register_ends_in_two_truths_on_a_perfect_network():
    clients = [Client("ann", [("write", "x", 1)], "A", 1.0), Client("bob", [("write", "x", 2)], "B", 1.0)]
    trace = run(NaiveRegister, 5, names="AB", clients=clients, network=Network(Constant(0.1)))
    verdict = converged(stores(trace))
    assert verdict.status == "violated"
    assert converged(stores(run(APRegister, 5, names="AB", clients=clients))).status == "ok"


class ForgetsToWriteBack(CPRegister):
    """A read that answers after its first phase."""

    def _go_on(self, ctx, serial):
        op = self.open[serial]
        if op["call"][0] == "read" and len(op["heard"]) > len(ctx.peers) / 2:
            ctx.reply(op["request"], max(op["heard"].values(), key=lambda kept: kept[0])[1])
            self._close(ctx, serial)
        else:
            super()._go_on(ctx, serial)


class AsksOnlyItself(CPRegister):
    """A read that trusts its own node."""

    def on_request(self, ctx, request, call):
        if call[0] == "read":
            ctx.reply(request, self.store.get(call[1], (None, None))[1])
        else:
            super().on_request(ctx, request, call)


HALF_DONE = [
    # Ann's write reaches nobody but A itself, bob reads at A, and then A is cut off and cy reads at C.
    drop("A", "B", 2),
    drop("A", "C", 2),
    *partition("A | B C", 1.095),
]


def half_done(register):
    clients = [
        Client("ann", [("write", "x", 1)], "A", 1.0),
        Client("bob", [("read", "x")], "A", 1.05),
        Client("cy", [("read", "x")], "C", 1.1),
    ]
    return run(register, 1.2, names="ABC", clients=clients, network=Network(Constant(0.01)), faults=HALF_DONE)


@pytest.mark.parametrize("register", [ForgetsToWriteBack, AsksOnlyItself])
def test_a_read_without_its_second_phase_lets_the_next_read_see_the_old_value(register):
    trace = half_done(register)
    assert [(e.other, e.detail[1]) for e in trace.of("reply")] == [("bob", 1), ("cy", None)]
    assert linearizable(trace.history()).status == "violated"


def test_the_second_phase_carries_the_value_to_a_majority_before_anybody_hears_of_it():
    trace = half_done(CPRegister)
    assert [(e.other, e.detail[1]) for e in trace.of("reply")][-2:] == [("bob", 1), ("cy", 1)]
    assert linearizable(trace.history()).status == "ok"


def test_no_order_of_messages_breaks_the_cp_register_of_three_nodes():
    clients = [Client("ann", [("write", "x", 1)], "A"), Client("bob", [("read", "x"), ("read", "x")], "B")]
    holds = always("linearizable", lambda s: linearizable(s.history()).status != "violated")
    how = {"clients": clients, "timers": 0, "history": True, "walks": 150, "steps_max": 60}
    result = explore(dict.fromkeys("ABC", CPRegister), [holds, READ_IT], **how)
    assert not result.paths.get("linearizable") and result.states > 1000 and READ_IT.name in result.paths
    assert "linearizable" in explore(dict.fromkeys("ABC", AsksOnlyItself), [holds], **how).paths


def test_an_operation_of_a_life_before_the_crash_is_not_answered_by_old_messages():
    clients = [Client("ann", [("write", "x", 1)], "A", 1.0, timeout_s=20), Client("bob", [("write", "x", 2)], "A", 1.3)]
    faults = [crash("A", 1.05), restart("A", 1.2)]
    trace = run(CPRegister, 6, names="ABC", clients=clients, faults=faults, network=Network(Constant(0.2)))
    assert not trace.tracebacks and linearizable(trace.history()).status == "ok"
    assert {value for _tag, value in (s["x"] for s in stores(trace).values())} == {2}
