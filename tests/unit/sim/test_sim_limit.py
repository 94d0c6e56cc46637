"""The watchdog: what stops a handler that never returns, and what it leaves alone."""

import signal
import threading
import time
from functools import partial

import pytest

from faultlab.sim import Node, simulate
from faultlab.sim import world as world_module
from faultlab.sim.limit import HandlerTimeout, Watchdog

pytestmark = pytest.mark.slow
TINY = {"work_s": 0.05, "wait_s": 30.0}


def spin():
    while True:
        pass


def swallow():
    while True:
        try:
            while True:
                len("x")
        except Exception:
            pass


@pytest.mark.parametrize("endless", [spin, swallow])
def test_an_endless_handler_is_cut_off_even_if_it_swallows_exceptions(endless):
    with pytest.raises(HandlerTimeout):
        with Watchdog(lambda: 1, **TINY):
            endless()


def test_a_handler_that_sleeps_in_c_is_cut_off_in_the_main_thread():
    begun = time.monotonic()
    with pytest.raises(HandlerTimeout):
        with Watchdog(lambda: 1, work_s=30.0, wait_s=0.05):
            time.sleep(20)
    assert time.monotonic() - begun < 10


def test_an_endless_handler_is_cut_off_in_any_other_thread_too():
    caught = []

    def run():
        try:
            with Watchdog(lambda: 1, **TINY):
                spin()
        except HandlerTimeout as error:
            caught.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(20)
    assert len(caught) == 1


def work(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_many_short_handlers_are_not_cut_off():
    number = 0
    with Watchdog(lambda: number, work_s=0.15, wait_s=30.0):
        for number in range(40):  # noqa: B007
            work(0.01)


def test_what_is_computed_between_handlers_is_not_cut_off():
    with Watchdog(lambda: None, **TINY):
        work(0.3)


def test_the_handler_of_the_signal_is_what_it_was_before():
    before = signal.getsignal(signal.SIGUSR2)
    with Watchdog(lambda: None):
        assert signal.getsignal(signal.SIGUSR2) != before
    assert signal.getsignal(signal.SIGUSR2) == before


def test_one_watchdog_inside_another_stops_its_own():
    with Watchdog(lambda: None, **TINY):
        with pytest.raises(HandlerTimeout):
            with Watchdog(lambda: 1, **TINY):
                spin()
        work(0.2)


class Stuck(Node):
    def on_start(self, ctx):
        self.seen = 0

    def on_message(self, ctx, sender, message):
        self.seen = 99
        swallow()


class Sender(Node):
    def on_start(self, ctx):
        ctx.set_timer("late", 1.0)
        ctx.send("stuck", "go")

    def on_timer(self, ctx, timer):
        ctx.note("still here")


def check_that_the_world_went_on(trace):
    (error,) = trace.of("error")
    assert error.node == "stuck"
    assert "on_message did not return and was cut off" in error.detail
    assert [e.node for e in trace.of("crash")] == ["stuck"]
    assert [e.detail for e in trace.of("note")] == ["still here"]
    assert trace.state(len(trace) - 1)["stuck"] == {}


def test_in_a_world_the_node_crashes_with_a_clear_message_and_the_others_go_on(monkeypatch):
    monkeypatch.setattr(world_module, "Watchdog", partial(Watchdog, **TINY))
    check_that_the_world_went_on(simulate({"sender": Sender, "stuck": Stuck}, until_s=2))


def test_so_it_is_in_a_thread_that_is_not_the_main_one(monkeypatch):
    monkeypatch.setattr(world_module, "Watchdog", partial(Watchdog, **TINY))
    traces = []
    run = threading.Thread(target=lambda: traces.append(simulate({"sender": Sender, "stuck": Stuck}, until_s=2)))
    run.start()
    run.join(20)
    check_that_the_world_went_on(traces[0])


def test_an_endless_constructor_is_cut_off(monkeypatch):
    class Endless(Node):
        def __init__(self):
            spin()

    monkeypatch.setattr(world_module, "Watchdog", partial(Watchdog, **TINY))
    (error,) = simulate({"A": Endless}, until_s=1).of("error")
    assert "__init__ did not return" in error.detail
