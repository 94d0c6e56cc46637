"""Nodes whose handlers are run through the judge's pipe, with the servant in this process."""

import math

import pytest

from faultlab.checks import core
from faultlab.checks.nodes import Remote, remote_factory
from faultlab.checks.servant import INT_BITS_MAX, KEYS_MAX, PACK_DEPTH_MAX, PACK_ROOM, NotPlain, pack, unpack
from faultlab.checks.subject import LocalChannel, Subject, SubjectError, SubjectLost, named
from faultlab.sim import Client, Network, Node, Scenario, Uniform, World, always, crash, random_faults, restart, skew
from faultlab.sim.explore import explore
from faultlab.sim.host import Host


class Lock(Node):
    """A lock by asking everybody. It forgets in a crash that it has given its word: two can hold it."""

    def on_start(self, ctx):
        self.holds, self.said_yes, self.yes = False, None, set()
        if ctx.name != "C":
            ctx.set_timer("ask", 1)

    def on_timer(self, ctx, timer):
        if self.said_yes is None:
            self.said_yes, self.yes = ctx.name, {ctx.name}
            ctx.broadcast(("may I", ctx.name))

    def on_message(self, ctx, sender, message):
        if message[0] == "may I" and self.said_yes in (None, sender):
            self.said_yes = sender
            ctx.send(sender, ("yes",))
        if message[0] == "yes" and self.said_yes == ctx.name:
            self.yes = self.yes | {sender}
            self.holds = len(self.yes) >= 2


class Busy(Node):
    """Uses all that a context has."""

    def __init__(self):
        self.log, self.seen = [], set()

    def on_start(self, ctx):
        self.boots = ctx.disk.setdefault("boots", 0) + 1
        ctx.disk["boots"] = self.boots
        ctx.set_timer("tick", ctx.random.uniform(0.1, 0.5))

    def on_timer(self, ctx, timer):
        self.at_s = ctx.now_s
        ctx.broadcast({"type": "tick", "n": len(self.log), "chance": ctx.random.random()})
        ctx.set_timer("tick", ctx.random.uniform(0.1, 0.5))
        ctx.set_timer("never", 99)
        ctx.cancel_timer("never")

    def on_message(self, ctx, sender, message):
        self.log.append((sender, message["n"]))
        self.seen.add((sender, message["n"]))
        if len(self.log) % 7 == 6:
            ctx.note(f"{len(self.log)} heard")
        if len(self.log) == 20:
            raise KeyError("twenty is too much")

    def on_request(self, ctx, request, call):
        if call[0] == "read":
            ctx.reply(request, sorted(self.seen)[-3:])
        else:
            ctx.disk[call[1]] = call[2]
            ctx.refuse(request, "only reading")


class Held(Node):
    def on_start(self, ctx):
        ctx.set_timer("go", 1)

    def on_timer(self, ctx, timer):
        while True:
            pass


def subject_of(**classes):
    return Subject(LocalChannel(classes), settle_s=0.05)


def remote(cls, **options):
    return Remote(subject_of(Learners=cls, **options), named("Learners"))


def step(*event, fields=None, disk=None, **more):
    return {"name": "A", "names": ["A", "B"], "fields": fields or {}, "disk": disk or {}, "event": event, **more}


ONE_HOLDER = always("one holder", lambda s: sum(n.get("holds") is True for n in s.up) <= 1)
WAYS = [
    {"crashes": 1},
    {"crashes": 1, "network": "fifo", "losses": 1},
    {"crashes": 1, "score": lambda s: sum(n.get("said_yes") is not None for n in s.up)},
    {"crashes": 1, "walks": 300},
    {"crashes": 1, "symmetry": [("A", "B")]},
]


# Explore


@pytest.mark.parametrize("how", WAYS)
def test_the_model_checker_goes_the_same_way_over_the_pipe(how):
    names = dict.fromkeys("ABC", Lock)
    here = explore(names, [ONE_HOLDER], timers=3, audit=False, **how)
    there = explore(names, [ONE_HOLDER], timers=3, steppers=dict.fromkeys("ABC", remote(Lock)), **how)
    assert not here.ok and here.paths == there.paths
    assert (here.states, here.generated, here.handled) == (there.states, there.generated, there.handled)
    assert here.trace() == there.trace() and there.suspicions == ()


def test_the_model_checker_asks_for_many_steps_at_once():
    messages = []

    class Counted(LocalChannel):
        def send(self, message):
            messages.append(message)
            super().send(message)

    stepper = Remote(Subject(Counted({"Lock": Lock})), named("Lock"))
    steppers = dict.fromkeys("ABC", stepper)
    found = explore(dict.fromkeys("ABC", Lock), crashes=1, timers=2, audit=False, steppers=steppers)
    assert found.exhausted and len(messages) * 3 < found.handled


def test_a_handler_that_does_not_return_is_a_failure_and_is_waited_for_once():
    begun = []

    class Loops(Held):
        def on_timer(self, ctx, timer):
            begun.append(ctx.name)
            super().on_timer(ctx, timer)

    found = explore({"A": Loops, "B": Node}, steppers=dict.fromkeys("AB", remote(Loops)), timers=1)
    assert "did not return and was cut off" in found.findings[0].because
    assert sorted(begun) == ["A", "B"]


def test_state_that_is_kept_in_the_class_is_suspicious_over_the_pipe_too():
    class Shared(Node):
        calls = 0

        def on_start(self, ctx):
            ctx.set_timer("t", 1)

        def on_timer(self, ctx, timer):
            Shared.calls += 1
            self.calls_so_far = Shared.calls

    found = explore({"A": Shared}, steppers={"A": remote(Shared)}, timers=1)
    assert "another outcome each time" in found.suspicions[0]


# Worlds


FAULTS = [crash("B", at_s=2.0), restart("B", at_s=3.0), skew("A", at_s=1.0, by_s=0.5, rate=1.1)]
CLIENTS = [Client("ann", [("read",), ("write", "x", 1), ("read",)], to="A B", pause_s=0.5)]


def scenario(seed, faults=FAULTS):
    network = Network(latency=Uniform(0.01, 0.3), loss=0.1, duplicate=0.1)
    return Scenario(8.0, seed=seed, network=network, faults=faults, clients=CLIENTS)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_world_is_the_same_over_the_pipe_to_the_last_event(seed):
    faults = [*FAULTS, *random_faults(seed, "ABC", 8.0, pauses=1, disk_lost=0.5)]
    here = World(dict.fromkeys("ABC", Busy), scenario(seed, faults)).run().trace()
    behind = remote_factory(subject_of(Busy=Busy), named("Busy"))
    there = World(dict.fromkeys("ABC", behind), scenario(seed, faults)).run().trace()
    assert here.of("error") and here.of("note") and here.of("reply") and here.of("refuse") and here.of("duplicate")
    text = next(iter(here.tracebacks.values()))
    assert "twenty is too much" in text and "on_message" in text
    assert there == here


def test_two_worlds_of_one_trial_have_each_their_own_chance():
    behind = remote_factory(subject_of(Busy=Busy), named("Busy"))
    one, two = (World(dict.fromkeys("ABC", behind), scenario(7)).run().trace() for _ in range(2))
    assert one == two


def test_nodes_of_the_check_and_of_the_learner_meet_in_one_world():
    class Echo(Node):
        def on_message(self, ctx, sender, message):
            ctx.send(sender, {"type": "echo", "n": -1})

    behind = remote_factory(subject_of(Busy=Busy), named("Busy"))
    trace = World({"A": behind, "B": Echo}, Scenario(2.0)).run().trace()
    assert ("B", -1) in trace.state(len(trace) - 1)["A"]["seen"]


def test_a_process_that_is_gone_ends_the_run_and_crashes_no_node():
    class Gone(LocalChannel):
        sent = 0

        def receive(self, timeout_s):
            self.sent += 1
            if self.sent > 5:
                raise SubjectLost("it ended its process")
            return super().receive(timeout_s)

    world = World({"A": remote_factory(Subject(Gone({"Busy": Busy})), named("Busy"))}, Scenario(5.0))
    with pytest.raises(SubjectLost):
        world.run()
    assert world.trace().of("crash") == []


def test_a_world_whose_chance_is_elsewhere_cannot_be_copied():
    world = World({"A": remote_factory(subject_of(Busy=Busy), named("Busy"))}, Scenario(5.0)).run(1.0)
    with pytest.raises(ValueError, match="cannot be copied"):
        world.copy()


def test_a_loop_without_end_crashes_its_node_and_the_world_goes_on():
    trace = World({"A": remote_factory(subject_of(Held=Held), named("Held")), "B": Busy}, Scenario(3.0)).run().trace()
    assert "did not return and was cut off" in trace.of("error")[0].detail
    assert [event.node for event in trace.of("crash")] == ["A"] and trace.of("timer")[-1].at_s > 2


# Steps


def test_a_step_has_the_same_outcome_as_in_a_host_here():
    steps = [
        step("start", now_s=1.5, stream=(1, '[1, "node", "A"]')),
        step("message", "B", {"n": 3}, fields={"log": [], "seen": set(), "f": math.inf}, now_s=2.0),
        step("message", "B", {"no": 3}, fields={"log": [], "seen": set()}),
        step("timer", "tick", fields={"log": [1]}, now_s=2.0, stream=(1, '[1, "node", "A"]')),
        step("timer", "tick", fields={"log": [1]}),
        step("request", "ann.1", ("write", "x", (1, {"y"}, {2: None})), disk={"x": 0}),
    ]
    here, there = Host(Busy).steps(steps), remote(Busy).steps(steps)
    assert here == there and [*map(repr, here[0]["effects"])] == [*map(repr, there[0]["effects"])]
    assert "RuntimeError in on_timer: there is no time here" in there[4]["error"]


def test_one_step_that_fails_does_not_touch_the_others():
    class Picky(Node):
        def on_message(self, ctx, sender, message):
            self.got = [message] * (10**6 if message == 2 else 1)
            if message == 1:
                raise SystemExit
            if message == 3:
                self.got = object()
            for _ in range(100 if message == 4 else 0):
                self.got = [self.got]

    outcomes = remote(Picky).steps([step("message", "B", n) for n in range(6)])
    assert [o.get("fields") for o in outcomes] == [{"got": [0]}, None, None, None, None, {"got": [5]}]
    for n, said in ((1, "SystemExit in on_message"), (2, "too large"), (3, "self.got that it must not"), (4, "deep")):
        assert said in outcomes[n]["error"]


def test_states_larger_than_one_answer_come_in_several():
    class Large(Node):
        def on_message(self, ctx, sender, message):
            self.text, self.n = "x" * 40_000, message

    outcomes = remote(Large).steps([step("message", "B", n, fields={"text": "x" * 40_000}) for n in range(100)])
    assert [o["fields"]["n"] for o in outcomes] == list(range(100))


def test_a_class_that_is_missing_and_a_handler_that_is_not_written_are_no_attempt():
    class Blank(Node):
        def on_start(self, ctx):
            raise NotImplementedError

    with pytest.raises(SubjectError) as missing:
        Remote(subject_of(), named("Nothing")).steps([step("start")])
    assert missing.value.error.type == "UnknownName"
    with pytest.raises(SubjectError) as blank:
        World({"A": remote_factory(subject_of(Blank=Blank), named("Blank"))}).run()
    assert blank.value.error.is_a("NotImplementedError")


# What is not believed


class Says:
    """A process that answers every step with what it likes."""

    def __init__(self, answer):
        self.answer, self.last = answer, None

    def send(self, message):
        self.last = message

    def receive(self, timeout_s):
        return {"ev": "done", "id": self.last["id"], **self.answer}


def said(*answers):
    return Subject(Says({"outcomes": list(answers)})).steps(named("X"), [step("timer", "t")])


def an_outcome(**parts):
    return pack({"fields": {}, "disk": {}, "effects": [], **parts}, [PACK_ROOM])


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"value": 1},
        {"outcomes": None},
        {"outcomes": []},
        {"outcomes": [an_outcome(), an_outcome()]},
        {"outcomes": ["d"]},
        {"outcomes": [[]]},
        {"outcomes": [["d", "fields"]]},
        {"outcomes": [["x", 1]]},
        {"outcomes": [{"$d": []}]},
        {"outcomes": [["d", ["l"], 1]]},
        {"outcomes": [["d", "error", 1, "traceback", ""]]},
        {"outcomes": [["d", "error", "it failed"]]},
        {"outcomes": [["d", "fields", ["d"], "disk", ["d"]]]},
        {"outcomes": [["d", "fields", ["d"], "disk", ["d"], "effects", ["t"]]]},
        {"outcomes": [["d", "fields", ["d", "x", ["f", "nan"]], "disk", ["d"], "effects", ["l"]]]},
        {"outcomes": [["d", "fields", ["d", "x", {"$ref": 1}], "disk", ["d"], "effects", ["l"]]]},
        {"outcomes": [["d", "fields", ["d", "x", ["s", *range(KEYS_MAX + 1)]], "disk", ["d"], "effects", ["l"]]]},
    ],
)
def test_an_answer_that_is_no_outcome_ends_the_trial(answer):
    with pytest.raises(SubjectLost):
        Subject(Says(answer)).steps(named("X"), [step("timer", "t")])


@pytest.mark.parametrize(
    "effect",
    [
        ("send", "Z", 1),
        ("send", "B"),
        ("send", "B", 1, 2),
        ["send", "B", 1],
        ("timer", "t", -1.0),
        ("timer", "t", math.inf),
        ("timer", "t", True),
        ("timer", 3, 1.0),
        ("cancel", "t", 1),
        ("cancel", 5),
        ("reply", 1, 2),
        ("note", ("x",)),
        ("explode", "B", 1),
        (),
        7,
    ],
)
def test_an_effect_that_no_context_makes_is_a_failure_of_the_handler(effect):
    [outcome] = said(an_outcome(effects=[("note", "before"), effect]))
    assert outcome["error"].startswith("TypeError in on_timer") and "effects" not in outcome


def test_effects_that_a_context_makes_come_through_and_texts_are_cut():
    effects = [("send", "B", (1,)), ("timer", "t", 0.5), ("cancel", "t"), ("reply", "a.1", None), ("refuse", "a.1", 2)]
    assert said(an_outcome(effects=[*effects, ("note", "n" * 999)]))[0]["effects"] == [*effects, ("note", "n" * 200)]
    [failed] = said(pack({"error": "e\n" * 999, "traceback": "t" * 9999}, [PACK_ROOM]))
    assert len(failed["error"]) <= 300 and "\n" not in failed["error"] and len(failed["traceback"]) == 4000


def test_fields_and_disk_are_named_by_texts():
    assert "not all texts" in said(an_outcome(fields={1: 2}))[0]["error"]
    assert "not all texts" in said(an_outcome(disk={(): 2}))[0]["error"]


def test_what_is_packed_comes_out_equal_and_of_the_same_types():
    deep = []
    for _ in range(PACK_DEPTH_MAX - 2):
        deep = [deep]
    value = [1, True, 1.0, -0.0, -math.inf, "d", None, (), ((),), {(1, "a"): {2, 3}}, set(), deep, 2**INT_BITS_MAX - 1]
    assert repr(unpack(pack(value, [PACK_ROOM]))) == repr(value)


TOO_MUCH = [2**INT_BITS_MAX, "x" * (PACK_ROOM + 1), set(range(KEYS_MAX + 1)), dict.fromkeys(range(KEYS_MAX + 1))]


@pytest.mark.parametrize("value", [math.nan, object(), *TOO_MUCH], ids=lambda value: type(value).__name__)
def test_what_is_no_plain_data_or_too_much_of_it_is_not_packed(value):
    with pytest.raises(NotPlain):
        pack([value], [PACK_ROOM])


def test_a_set_is_packed_in_the_same_order_however_it_was_filled():
    # 0 and 8 want the same place in a small hash table: who came first stands first.
    one, two = {0}, {8}
    one.add(8)
    two.add(0)
    assert list(one) != list(two) and pack(one, [PACK_ROOM]) == pack(two, [PACK_ROOM])


# Checks


def searched(trial, schedule):
    found = trial.explore(dict.fromkeys("ABC", trial.objects[0]), [ONE_HOLDER], timers=3, crashes=schedule[0])
    trial.expect(found.ok, str(found))
    trace = trial.world(dict.fromkeys("ABC", trial.objects[0]), Scenario(3.0)).run().trace()
    trial.expect(len(trace.of("timer")) >= 2, "a timer runs out")


def test_a_check_searches_and_runs_the_nodes_of_its_trial():
    check = core.Check("nodes.lock", "one holder", searched, [[0]], lambda rng: [1], 1)
    subject = subject_of(Lock=Lock)
    assert core.judge(check, subject, [named("Lock")]).status == core.RIGHT
    verdict = core.judge(check, subject, [named("Lock")], hidden=True)
    assert verdict.status == core.WRONG and "always one holder: violated" in verdict.message
    assert core.judge(check, subject, [named("Missing")]).status == core.NOT_ATTEMPTED
