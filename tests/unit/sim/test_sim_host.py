"""The host: a handler as a pure function of plain data."""

from pathlib import Path

import pytest

from faultlab.sim import Constant, Network, Node, Scenario, World
from faultlab.sim.host import LINE_CHARS_MAX, TRACEBACK_CHARS_MAX, Abort, Elsewhere, HandlerFailed, Host
from faultlab.sim.plain import literal, plain
from faultlab.sim.streams import stream_text


class Counting(Node):
    def __init__(self):
        self.made = True

    def on_start(self, ctx):
        self.count = ctx.disk.get("count", 0)
        ctx.set_timer("t", 1.0)

    def on_message(self, ctx, sender, message):
        self.count += message
        ctx.disk["count"] = self.count
        ctx.send(sender, self.count)

    def on_timer(self, ctx, timer):
        self.fired = [timer, ctx.now_s]

    def on_request(self, ctx, request, call):
        ctx.reply(request, ctx.random.random())


def step(*event, fields=None, disk=None, **more):
    return {"name": "A", "names": ["A", "B"], "fields": fields or {}, "disk": disk or {}, "event": event, **more}


def test_a_start_makes_a_node_and_tells_its_fields_its_disk_and_its_effects():
    assert Host(Counting).step(step("start", disk={"count": 5})) == {
        "fields": {"made": True, "count": 5},
        "disk": {"count": 5},
        "effects": [("timer", "t", 1.0)],
    }


def test_a_step_begins_with_the_given_fields_and_changes_nothing_that_it_was_given():
    given = step("message", "B", 2, fields={"made": True, "count": 1}, disk={"x": [1]})
    before = literal(given)
    assert Host(Counting).step(given) == {
        "fields": {"made": True, "count": 3},
        "disk": {"x": [1], "count": 3},
        "effects": [("send", "B", 3)],
    }
    assert literal(given) == before


def test_a_host_remembers_nothing_from_step_to_step():
    host = Host(Counting)
    steps = [step("message", "B", n, fields={"count": n}) for n in range(5)]
    assert host.steps(steps) == host.steps(steps) == host.steps(steps[::-1])[::-1]


def test_without_a_moment_there_is_no_time_and_with_one_there_is():
    host = Host(Counting)
    assert "there is no time here" in host.step(step("timer", "t"))["error"]
    assert host.step(step("timer", "t", now_s=0.0))["fields"] == {"fired": ["t", 0.0]}


def test_chance_begins_anew_in_each_step_unless_the_run_has_a_stream():
    host = Host(Counting)

    def drawn(**more):
        return host.step(step("request", "ann.1", "x", **more))["effects"][0][2]

    assert drawn() == drawn()
    in_a_run = [drawn(stream=(1, "a")) for _n in range(3)]
    assert len(set(in_a_run)) == 3
    assert [drawn(stream=(2, "a")) for _n in range(3)] == in_a_run
    assert drawn(stream=(1, "b")) not in in_a_run


class Wrong(Node):
    def on_message(self, ctx, sender, message):
        ctx.disk["x"] = 1
        ctx.send(sender, 1)
        if message == "raise":
            raise ValueError("because\nof " + "x" * 9999)
        if message == "exit":
            raise SystemExit
        if message == "keep":
            self.file = object()
        if message == "deep":
            self.on_message(ctx, sender, message)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("raise", "ValueError in on_message: because of xxx"),
        ("exit", "SystemExit in on_message"),
        ("keep", "TypeError in on_message: A keeps something in self.file that it must not: object is not plain data"),
        ("deep", "RecursionError in on_message"),
    ],
)
def test_a_handler_that_fails_is_one_line_and_a_traceback_from_the_learners_frame_on(message, line):
    outcome = Host(Wrong).step(step("message", "B", message))
    assert set(outcome) == {"error", "traceback"}
    assert outcome["error"].startswith(line)
    assert len(outcome["error"].splitlines()) == 1
    assert len(outcome["error"]) <= LINE_CHARS_MAX
    assert len(outcome["traceback"]) <= TRACEBACK_CHARS_MAX
    assert "sim/host.py" not in outcome["traceback"]
    plain(outcome)


def test_a_step_that_fails_fails_alone():
    outcomes = Host(Wrong).steps([step("message", "B", m) for m in ("fine", "raise", "fine")])
    assert ["error" in outcome for outcome in outcomes] == [False, True, False]


def test_a_class_that_makes_no_node_fails_in_its_constructor():
    for factory in (lambda: 5, dict):
        assert "TypeError in __init__" in Host(factory).step(step("start"))["error"]
    assert "TypeError in __init__" in Host(Counting()).step(step("message", "B", 1))["error"]


def test_an_abort_is_no_failure_of_the_node():
    class Gone(Node):
        def on_start(self, ctx):
            raise Abort("the process is gone")

    with pytest.raises(Abort):
        Host(Gone).step(step("start"))
    with pytest.raises(Abort):
        World({"A": Gone}).run()


def test_the_number_of_the_step_that_runs_is_known_only_while_it_runs():
    seen = []

    class Looks(Node):
        def on_message(self, ctx, sender, message):
            seen.append(host.running)

    host = Host(Looks)
    host.steps([step("message", "B", 1)] * 3)
    assert len(set(seen)) == 3
    assert None not in seen
    assert host.running is None


# A world whose nodes are run by hosts


class Behind(Elsewhere):
    """Hands every step to a host, as the grader does with one in another process."""

    __slots__ = ("_host",)

    def __init__(self, host):
        self._host = host

    def _run(self, ctx, *event):
        outcome = self._host.step(plain(ctx.step(vars(self), event)))
        if "error" in outcome:
            raise HandlerFailed(outcome)
        vars(self).clear()
        vars(self).update(outcome["fields"])
        ctx.draft = outcome["disk"]
        ctx.effects += outcome["effects"]

    def on_start(self, ctx):
        self._run(ctx, "start")

    def on_message(self, ctx, sender, message):
        self._run(ctx, "message", sender, message)

    def on_timer(self, ctx, timer):
        self._run(ctx, "timer", timer)


class Chatty(Node):
    def on_start(self, ctx):
        self.heard = {}
        ctx.set_timer("t", ctx.random.random() / 10)

    def on_timer(self, ctx, timer):
        ctx.send(ctx.random.choice(ctx.peers), (round(ctx.now_s, 6), sorted(self.heard.items())))
        ctx.set_timer("t", ctx.random.random() / 10)

    def on_message(self, ctx, sender, message):
        self.heard[sender] = ctx.disk["heard"] = message[0]
        if message[0] > 1.5:
            raise ValueError("late")


def test_a_world_whose_steps_are_made_by_a_host_is_the_same_world():
    scenario = Scenario(2.0, seed=3, network=Network(Constant(0.02), loss=0.1))
    here = World(dict.fromkeys("ABC", Chatty), scenario).run().trace()
    host = Host(Chatty)
    there = World(dict.fromkeys("ABC", lambda: Behind(host)), scenario).run().trace()
    assert there == here
    assert len(here.of("error")) > 0
    assert Path(__file__).name in next(iter(here.tracebacks.values()))


def test_a_world_of_nodes_that_are_run_elsewhere_cannot_be_copied_and_says_so():
    host = Host(Chatty)
    for until_s in (1.0, 2.0):  # by then one has failed
        world = World(dict.fromkeys("AB", lambda: Behind(host))).run(until_s)
        with pytest.raises(ValueError, match=r"[AB] is run elsewhere"):
            world.copy()


def test_a_stream_that_is_named_by_its_text_is_that_of_the_world():
    assert stream_text(3, "node", "A") == '[3, "node", "A"]'
