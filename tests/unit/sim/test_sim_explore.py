"""The model checker against a plain search with copies, and against what it promises."""

import copy
import functools
import json
import sys
from contextlib import suppress
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from faultlab.sim import Bounds, Client, Context, Node, Trace, always, eventually, explore, sometimes
from faultlab.sim.explore import Budget, Cluster, rename
from faultlab.sim.limit import Watchdog
from faultlab.sim.plain import literal
from faultlab.sim.search import play, possible

EXPLORE = sys.modules["faultlab.sim.explore"]  # `faultlab.sim.explore` itself is the function

# Random protocols: a table says what a node in state `s` does with a message `m`.


class Table(Node):
    """`table[s, m]` is (next state, messages to send as (to whom, message)). Messages carry how often they may still be
    passed on, so that every run ends."""

    table: ClassVar[dict] = {}

    def on_start(self, ctx):
        self.s = len(ctx.disk)
        self.last = None
        if ctx.name in self.table["starts"]:
            ctx.send(self.table["starts"][ctx.name], ("m0", 2))
        if self.table.get("timer"):
            ctx.set_timer("t", 1.0)

    def on_message(self, ctx, sender, message):
        self.act(ctx, sender, *message)

    def on_timer(self, ctx, timer):
        self.act(ctx, ctx.name, "m1", 1)

    def act(self, ctx, sender, kind, left):
        after, sends, stores = self.table[self.s % 3, kind]
        self.s, self.last = after, sender
        if stores:
            ctx.disk[kind] = True
        for target, what in sends:
            if left:
                ctx.send(sender if target == "sender" else ctx.peers[target % len(ctx.peers)], (what, left - 1))


@st.composite
def tables(draw, names="AB", timer=False):
    kinds = ["m0", "m1"]
    sends = st.lists(st.tuples(st.sampled_from([0, 1, "sender"]), st.sampled_from(kinds)), max_size=2)
    table = {(s, kind): (draw(st.integers(0, 2)), draw(sends), draw(st.booleans())) for s in range(3) for kind in kinds}
    # Who begins: up to two nodes, each with one message.
    table["starts"] = {
        n: draw(st.sampled_from([m for m in names if m != n]))
        for n in draw(st.sets(st.sampled_from(names), min_size=1, max_size=2))
    }
    table["timer"] = timer and draw(st.booleans())
    return type("Random", (Table,), {"table": table})


# The oracle: whole clusters, copied by copy.deepcopy, and compared by what is in them.


class Whole:
    """All nodes, disks, timers, messages and budgets; every step on a copy."""

    def __init__(self, factory, names, network, **budget):
        self.factory, self.names, self.network = factory, names, network
        self.nodes, self.disks = dict.fromkeys(names), {n: {} for n in names}
        self.timers, self.flying = {n: set() for n in names}, []
        self.left = {"losses": 0, "duplicates": 0, "crashes": 0, "timers": 99, "empty_disks": 0} | budget
        for name in names:
            self.start(name)

    def __deepcopy__(self, memo):
        twin = object.__new__(Whole)
        vars(twin).update(vars(self), timers={n: set(t) for n, t in self.timers.items()}, flying=self.flying[:])
        twin.nodes, twin.disks, twin.left = copy.deepcopy(self.nodes), copy.deepcopy(self.disks), dict(self.left)
        return twin

    def handle(self, name, handler, *args):
        ctx = Context(name, self.names)
        ctx._disk = copy.deepcopy(self.disks[name])
        getattr(self.nodes[name], handler)(ctx, *copy.deepcopy(args))
        if ctx.draft is not None:
            self.disks[name] = ctx.draft
        for kind, first, *rest in ctx.effects:
            if kind == "send":
                message = (name, first, rest[0])
                if self.network != "lasting" or message not in self.flying:
                    self.flying.append(message)
            elif kind == "timer":
                self.timers[name].add(first)

    def start(self, name):
        self.nodes[name] = self.factory()
        self.handle(name, "on_start")

    def key(self):
        flying = [literal(m) for m in self.flying]
        if self.network == "fifo":
            flying = {link: [literal(m) for m in self.flying if m[:2] == link] for link in {m[:2] for m in self.flying}}
        else:
            flying.sort()
        up = {n: None if node is None else vars(node) for n, node in self.nodes.items()}
        return literal((up, self.disks, self.timers, flying, self.left))

    def steps(self):
        """Everything that can happen next: (is it bound to happen?, what to do to a copy)."""
        for place, message in enumerate(self.flying):
            _source, target, _content = message
            first = self.network != "fifo" or all(m[:2] != message[:2] for m in self.flying[:place])
            if self.nodes[target] is not None and first:
                yield True, functools.partial(Whole.deliver, place=place, keep=self.network == "lasting", cost=None)
                if self.left["duplicates"]:
                    yield False, functools.partial(Whole.deliver, place=place, keep=True, cost="duplicates")
            if self.left["losses"]:
                yield False, functools.partial(Whole.lose, place=place)
        for name in self.names:
            if self.nodes[name] is None:
                yield False, functools.partial(Whole.restart, name=name, empty=False)
                if self.left["empty_disks"]:
                    yield False, functools.partial(Whole.restart, name=name, empty=True)
                continue
            for timer in sorted(self.timers[name]):
                if self.left["timers"]:
                    yield True, functools.partial(Whole.fire, name=name, timer=timer)
            if self.left["crashes"]:
                yield False, functools.partial(Whole.crash, name=name)

    def deliver(self, place, keep, cost):
        source, target, content = self.flying[place]
        if cost:
            self.left[cost] -= 1
        if not keep:
            del self.flying[place]
        self.handle(target, "on_message", source, content)

    def lose(self, place):
        self.left["losses"] -= 1
        del self.flying[place]

    def fire(self, name, timer):
        self.left["timers"] -= 1
        self.timers[name].discard(timer)
        self.handle(name, "on_timer", timer)

    def crash(self, name):
        self.left["crashes"] -= 1
        self.nodes[name] = None
        self.timers[name] = set()

    def restart(self, name, empty):
        if empty:
            self.left["empty_disks"] -= 1
            self.disks[name] = {}
        self.start(name)


STATES_MAX = 400


def plain_search(first, is_bad):
    """The distance of every state, the least one of a bad state, and the least one at which a run may end.

    None if there are too many states."""
    far, level, bad_at = {first.key(): 0}, [first], 0 if is_bad(first) else None
    ends_at, steps = None, 0
    while level:
        below = []
        for whole in level:
            may_end, before = True, whole.key()
            for must, do in whole.steps():
                after = copy.deepcopy(whole)
                do(after)
                key = after.key()
                may_end = may_end and not (must and key != before)
                if key not in far:
                    far[key] = steps + 1
                    below.append(after)
                    if bad_at is None and is_bad(after):
                        bad_at = steps + 1
                    if len(far) > STATES_MAX:
                        return None
            if may_end and ends_at is None:
                ends_at = steps
        level, steps = below, steps + 1
    return far, bad_at, ends_at


def bad_sum(values):
    return sum(values) == 4


SETTINGS = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
ALL_RIGHT = always("true", lambda s: True)


@SETTINGS
@given(st.data(), st.sampled_from(["unordered", "fifo", "lasting"]))
def test_it_reaches_the_states_that_a_plain_search_reaches_and_the_first_violation_at_the_same_distance(data, network):
    names = data.draw(st.sampled_from(["AB", "ABC"]))
    factory = data.draw(tables(names, timer=True))
    budget = data.draw(
        st.fixed_dictionaries(
            {
                "losses": st.integers(0, 1),
                "duplicates": st.integers(0, 1),
                "crashes": st.integers(0, 1),
                "timers": st.integers(0, 1),
            }
        )
    )
    budget["empty_disks"] = data.draw(st.integers(0, 1)) if budget["crashes"] else 0
    if network == "lasting":
        budget["duplicates"] = 0
    found = plain_search(
        Whole(factory, list(names), network, **budget),
        lambda w: bad_sum([node.s for node in w.nodes.values() if node is not None]),
    )
    assume(found is not None)
    far, bad_at, _ends_at = found
    promise = always("sum", lambda s: not bad_sum([node.s for node in s.up]))
    nodes = dict.fromkeys(names, factory)
    result = explore(nodes, [promise, ALL_RIGHT], network=network, stop_early=False, audit=False, **budget)
    assert result.exhausted
    assert result.states == len(far)
    assert result.depth == max(far.values()) + 1
    assert ("sum" in result.paths) == (bad_at is not None)
    if bad_at is None:
        assert result.findings[0].status == "ok"
        return
    path = result.paths["sum"]
    assert len(path) == bad_at
    states = play(result.cluster, path)
    holds = [promise.look(result.cluster.snapshot(state))[0] for state in states]
    assert holds == [True] * (len(holds) - 1) + [False]
    trace = result.trace("sum")
    check_trace(trace)
    assert trace.findings[0].status == "violated"
    early = explore(nodes, [promise], network=network, audit=False, **budget)
    assert len(early.paths["sum"]) == bad_at
    assert early.states <= result.states


@SETTINGS
@given(st.data(), st.sampled_from(["unordered", "fifo"]), st.integers(0, 1))
def test_a_run_may_end_at_the_same_distance_as_in_a_plain_search(data, network, losses):
    factory = data.draw(tables("AB"))
    found = plain_search(Whole(factory, list("AB"), network, losses=losses), lambda w: False)
    assume(found is not None)
    result = explore(
        dict.fromkeys("AB", factory),
        [eventually("never", lambda s: False)],
        network=network,
        losses=losses,
        audit=False,
    )
    assert result.findings[0].status == "violated"
    assert len(result.paths["never"]) == found[2]


def check_trace(trace):
    """Every message is sent once, and ends once at most; no handler of a node that is down."""
    sent, ended, up = {}, set(), set()
    assert trace.untimed
    for event in trace:
        if event.kind == "start":
            assert event.node not in up
            up.add(event.node)
        elif event.kind == "crash":
            up.remove(event.node)
        elif event.kind in ("send", "duplicate"):
            assert event.number not in sent
            sent[event.number] = (event.node, event.other)
        elif event.kind in ("deliver", "lose"):
            assert sent[event.number] == (event.other, event.node)
            assert event.number not in ended
            ended.add(event.number)
        if event.kind in ("deliver", "timer", "request"):
            assert event.node in up
    assert Trace.from_json(json.loads(json.dumps(trace.to_json()))) == trace


@SETTINGS
@given(st.data(), st.sampled_from(["unordered", "fifo", "lasting"]))
def test_the_trace_of_any_schedule_comes_to_the_states_of_the_search(data, network):
    factory = data.draw(tables("ABC", timer=True))
    budget = Budget(losses=1, duplicates=1, crashes=1, timers=1, empty_disks=1)
    cluster = Cluster(dict.fromkeys("ABC", factory), budget=budget, network=network)
    state, path = cluster.begun, []
    for _step in range(data.draw(st.integers(0, 15))):
        moves = cluster.successors(state)
        if not moves:
            break
        action, state = data.draw(st.sampled_from(moves))
        path.append(action)
    trace = cluster.trace(path)
    check_trace(trace)
    end, snapshot = trace.state(len(trace) - 1), cluster.snapshot(state)
    for name, view in snapshot.nodes.items():
        assert end[name] == {**view.fields, **{f"disk.{k}": v for k, v in view.disk.items()}}
        assert (trace.status(len(trace) - 1)[name] == "up") == view.up


# Symmetry


class Voter(Node):
    """Everybody may propose itself once, and votes for whomever it hears of first (by mistake: for each)."""

    mistaken = False

    def on_start(self, ctx):
        self.votes, self.voted, self.leads = set(), None, False
        ctx.set_timer("propose", 1.0)

    def on_timer(self, ctx, timer):
        if self.voted is None:
            self.voted, self.votes = ctx.name, {ctx.name}
            ctx.broadcast(("propose",))

    def on_message(self, ctx, sender, message):
        if message[0] == "propose" and (self.voted is None or self.mistaken):
            self.voted = sender
            ctx.send(sender, ("vote",))
        elif message[0] == "vote":
            self.votes.add(sender)
            self.leads = len(self.votes) > (len(ctx.peers) + 1) // 2


class WrongVoter(Voter):
    mistaken = True


ONE_LEADER = always("one leader", lambda s: sum(node.leads for node in s.up) <= 1)
SOME_LEADER = sometimes("some leader", lambda s: any(node.leads for node in s.up))


@pytest.mark.parametrize("factory", [Voter, WrongVoter])
@pytest.mark.parametrize("network", ["unordered", "fifo"])
def test_symmetry_changes_no_verdict_and_no_length_only_the_number_of_states(factory, network):
    nodes = dict.fromkeys("ABC", factory)
    options = {"network": network, "timers": 2, "losses": 1, "audit": False}
    full = explore(nodes, [ONE_LEADER, SOME_LEADER], stop_early=False, **options)
    reduced = explore(nodes, [ONE_LEADER, SOME_LEADER], stop_early=False, symmetry=["ABC"], **options)
    assert full.findings == reduced.findings
    assert {n: len(p) for n, p in full.paths.items()} == {n: len(p) for n, p in reduced.paths.items()}
    assert full.states / 6 <= reduced.states < full.states / 2
    assert full.depth == reduced.depth
    for name in reduced.paths:
        check_trace(reduced.trace(name))
    assert full.findings[0].status == ("violated" if factory is WrongVoter else "ok")


class PerPeer(Node):
    """Sets a timer for each peer, under the peer's name."""

    def on_start(self, ctx):
        self.done = []
        if ctx.name == "A":
            for peer in ctx.peers:
                ctx.set_timer(peer, 1.0)

    def on_timer(self, ctx, timer):
        ctx.send(timer, "poke")

    def on_message(self, ctx, sender, message):
        self.done = ["poked"]


def test_a_timer_that_bears_the_name_of_a_node_changes_places_with_it():
    nodes = dict.fromkeys("ABC", PerPeer)
    full = explore(
        nodes, [always("not both", lambda s: not (s["B"].done and s["C"].done))], audit=False, stop_early=False
    )
    reduced = explore(
        nodes, [always("not both", lambda s: not (s["B"].done and s["C"].done))], audit=False, symmetry=["BC"]
    )
    assert full.findings[0].status == reduced.findings[0].status == "violated"
    assert explore(nodes, audit=False).states == 9
    assert explore(nodes, audit=False, symmetry=["BC"]).states == 6


def test_names_change_places_wherever_they_stand():
    names = {"A": "B", "B": "A"}
    assert rename(("vote", {"A": ["B", 1]}, {"A", "C"}), names) == ("vote", {"B": ["A", 1]}, {"B", "C"})
    assert rename("Anna", names) == "Anna"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"symmetry": ["AZ"]}, "no node 'Z'"),
        ({"symmetry": ["AX"]}, "of one class"),
        ({"symmetry": ["AB"], "clients": [Client("ann", ["x"], "A")]}, "'ann' asks only some"),
        ({"clients": [Client("ann", ["x"], "Z")]}, "no node 'Z'"),
        ({"clients": [Client("A", ["x"], "B")]}, "a node and a client"),
        ({"clients": [Client("ann", [], "A")] * 2}, "same name"),
        ({"network": "wild"}, "no network 'wild'"),
        ({"prefix": [("deliver", "B", "A")]}, "prefix, step 1: ('deliver', 'B', 'A') is not possible here"),
        ({"prefix": [()]}, "prefix, step 1"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(options, words):
    nodes = {"A": Voter, "B": Voter, "X": Table}
    with pytest.raises(ValueError) as caught:
        explore(nodes, audit=False, **options)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


# Budgets


class Ask(Node):
    """A asks B until it is answered."""

    def on_start(self, ctx):
        self.answered = 0
        if ctx.name == "A":
            ctx.send("B", "ask")

    def on_message(self, ctx, sender, message):
        if message == "ask":
            ctx.send(sender, "answer")
        else:
            self.answered += 1


class AskAgain(Ask):
    def on_start(self, ctx):
        super().on_start(ctx)
        if ctx.name == "A":
            ctx.set_timer("again", 1.0)

    def on_timer(self, ctx, timer):
        if not self.answered:
            ctx.send("B", "ask")
            ctx.set_timer("again", 1.0)


ANSWERED = eventually("answered", lambda s: s["A"].get("answered"))


def test_what_must_happen_happens_only_if_no_loss_prevents_it():
    nodes = {"A": Ask, "B": Ask}
    assert explore(nodes, [ANSWERED], audit=False).ok
    lossy = explore(nodes, [ANSWERED], losses=1, audit=False)
    assert lossy.paths["answered"] == [("lose", "A", "B", "ask")]
    assert lossy.trace("answered").findings[0].status == "violated"
    again = {"A": AskAgain, "B": AskAgain}
    assert explore(again, [ANSWERED], losses=1, timers=2, audit=False).ok
    assert not explore(again, [ANSWERED], losses=2, timers=1, audit=False).ok


def test_each_fault_happens_at_most_as_often_as_its_budget_allows():
    found = explore({"A": Ask, "B": Ask}, [always("no second answer", lambda s: s["A"].get("answered", 0) < 2)],
                    duplicates=1, audit=False)  # fmt: skip
    assert len(found.paths["no second answer"]) == 3
    assert sum(step[0] == "again" for step in found.paths["no second answer"]) == 1
    assert explore(
        {"A": Ask, "B": Ask}, [always("at most once", lambda s: s["A"].get("answered", 0) < 2)], audit=False
    ).ok


class Stores(Node):
    def on_start(self, ctx):
        self.seen = ctx.disk.get("seen", 0)
        if not self.seen and ctx.name == "A":
            ctx.send("B", "x")

    def on_message(self, ctx, sender, message):
        self.seen = ctx.disk["seen"] = 1
        self.memory = True


def was_there(s):
    return s["B"].disk.get("seen") == 1


def test_a_crash_takes_memory_and_leaves_the_disk_and_a_restart_may_find_it_empty():
    nodes = {"A": Stores, "B": Stores}
    promises = [
        sometimes("started again with it", lambda s: s["B"].get("seen") == 1 and not s["B"].get("memory")),
        sometimes("down with it", lambda s: not s["B"].up and s["B"].disk == {"seen": 1} and not s["B"].fields),
    ]
    assert explore(nodes, promises, crashes=1, audit=False).ok
    assert not explore(nodes, promises, crashes=1, restarts=False, audit=False).ok
    forgotten = [eventually("stored", was_there), always("stays", lambda s: not s["A"].get("gone"))]
    assert explore(nodes, forgotten[:1], empty_disks=1, audit=False).ok

    def both(s):
        return s["B"].get("seen", 1) or not s["B"].up or bool(s.flying) or not s["A"].up or "forgotten"

    assert explore({"A": Stores, "B": Stores}, [always("remembers", both)], audit=False).ok
    path = explore(nodes, [always("remembers", both)], crashes=1, empty_disks=1, audit=False).paths["remembers"]
    assert [step[0] for step in path] == ["deliver", "crash", "restart"]
    assert path[-1] == ("restart", "B", False)


def test_messages_to_a_node_that_is_down_wait():
    found = explore({"A": Stores, "B": Stores}, [sometimes("late", lambda s: not s["B"].up and len(s.flying) == 1)],
                    crashes=1, restarts=False, audit=False)  # fmt: skip
    assert found.paths["late"] == [("crash", "B")]


class Numbers(Node):
    """A sends 0, 1, 2 to B, which keeps what it hears."""

    def on_start(self, ctx):
        self.heard = []
        if ctx.name == "A":
            for n in range(3):
                ctx.send("B", n)

    def on_message(self, ctx, sender, message):
        self.heard = [*self.heard, message]


def heard(**options):
    """Everything that B may have heard when a run ends or in between."""
    seen = set()
    look = always("look", lambda s: seen.add(tuple(s["B"].heard)) or True)
    assert explore({"A": Numbers, "B": Numbers}, [look], audit=False, **options).exhausted
    return seen


def test_an_unordered_network_delivers_in_every_order_and_a_fifo_network_in_one():
    assert len(heard()) == 1 + 3 + 6 + 6
    assert heard(network="fifo") == {(), (0,), (0, 1), (0, 1, 2)}


def test_a_fifo_network_with_losses_and_duplicates_never_reorders():
    several = heard(network="fifo", losses=2, duplicates=2)
    assert all(list(one) == sorted(one) for one in several)
    assert {(2,), (0, 2), (0, 0, 0, 1, 2), (0, 1, 1, 2, 2), (1, 1)} <= several


def test_of_equal_messages_on_a_fifo_link_any_may_be_lost():
    class Same(Numbers):
        def on_start(self, ctx):
            self.heard = []
            if ctx.name == "A":
                for message in "xyx":
                    ctx.send("B", message)

    heard_by_b = set()
    result = explore(
        {"A": Same, "B": Same},
        [
            always("look", lambda s: heard_by_b.add("".join(s["B"].heard)) or True),
            sometimes("xy", lambda s: [m[2] for m in s.flying] == ["x", "y"]),
        ],
        network="fifo", losses=1, stop_early=False, audit=False,
    )  # fmt: skip
    assert {"yx", "xx", "xyx"} <= heard_by_b
    assert result.paths["xy"] == [("lose", "A", "B", "x", 2)]
    assert [e.number for e in result.trace("xy").of("lose")] == [2]
    check_trace(result.trace("xy"))


def test_a_lasting_network_delivers_again_what_has_arrived():
    found = explore(
        {"A": Numbers, "B": Numbers},
        [sometimes("twice", lambda s: s["B"].heard == [1, 1, 0, 1])],
        network="lasting", bounds=Bounds(depth_max=5), audit=False,
    )  # fmt: skip
    assert len(found.paths["twice"]) == 4
    trace = found.trace("twice")
    check_trace(trace)
    assert len(trace.of("duplicate")) == 2


def test_a_lasting_message_may_be_lost_after_it_has_arrived():
    once = sometimes("gone", lambda s: s["B"].heard == [1] and len(s.flying) == 2)
    found = explore(
        {"A": Numbers, "B": Numbers}, [once], network="lasting", losses=1, bounds=Bounds(depth_max=4), audit=False
    )
    assert [step[0] for step in found.paths["gone"]] == ["deliver", "lose"]
    check_trace(found.trace("gone"))


class Ticks(Node):
    def on_start(self, ctx):
        self.ticks = 0
        ctx.set_timer("t", 1.0)
        ctx.set_timer("never", 1.0)
        ctx.cancel_timer("never")

    def on_timer(self, ctx, timer):
        self.ticks = (self.ticks + 1) % 5
        ctx.set_timer("t", 1.0)


def test_timers_run_out_as_often_as_the_budget_allows_and_cancelled_ones_never():
    assert explore({"A": Ticks}, audit=False).states == 5  # without a budget the state alone counts
    assert explore({"A": Ticks}, timers=3, audit=False).states == 4
    assert explore({"A": Ticks}, timers=0, audit=False).states == 1
    assert explore({"A": Ticks, "B": Ticks}, timers=1, audit=False).states == 3


# Failures


def boom(self, ctx, *_args):
    ctx.disk["x"] = 1
    ctx.send("B", "never")
    raise ValueError("boom")


@pytest.mark.parametrize("handler", ["on_start", "on_message", "on_timer", "on_request"])
def test_a_handler_that_raises_violates_a_property_of_every_exploration(handler):
    wrong = type("Wrong", (Ticks,), {handler: boom})

    class Pokes(Node):
        def on_start(self, ctx):
            ctx.send("A", "poke")

    result = explore({"A": wrong, "B": Pokes}, clients=[Client("ann", ["x"], "A")], audit=False)
    finding = result.findings[-1]
    assert (finding.name, finding.status) == ("no handler fails", "violated")
    assert finding.because == f"A: ValueError in {handler}: boom"
    trace = result.trace()
    assert len(trace.of("error")) == 1
    assert "boom" in next(iter(trace.tracebacks.values()))
    assert trace.state(len(trace) - 1)["A"] == {}
    assert [e.node for e in trace.of("send")] == ["B"]
    check_trace(trace)


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (object(), "self.x that it must not: object"),
        (float("nan"), "NaN"),
        ({1: [object()]}, "object"),
        (lambda: 1, "function"),
    ],
)
def test_a_node_that_keeps_what_is_not_plain_fails(field, words):
    class Keeps(Node):
        def on_start(self, ctx):
            self.x = field

    result = explore({"A": Keeps}, audit=False)
    assert words in result.findings[-1].because


def test_a_node_that_asks_for_the_time_is_told_that_there_is_none():
    class Late(Node):
        def on_start(self, ctx):
            self.at_s = ctx.now_s

    assert "there is no time here" in explore({"A": Late}, audit=False).findings[-1].because


def test_a_class_that_makes_no_node_fails_and_one_without_handlers_does_not():
    class NotANode:
        pass

    assert "TypeError in __init__" in explore({"A": NotANode}, audit=False).findings[-1].because
    assert explore({"A": Node, "B": Node}, audit=False).ok


def test_a_node_that_is_made_with_fields_has_them_at_every_start():
    class Made(Ask):
        def __init__(self):
            self.log = ["born"]

    found = explore(
        {"A": Made, "B": Made}, [always("born", lambda s: all(n.log == ["born"] for n in s.up))], crashes=1, audit=False
    )
    assert found.ok


def test_a_property_that_raises_is_violated_and_says_why():
    result = explore({"A": Ask, "B": Ask}, [always("typo", lambda s: s["A"].anwsered == 0)], audit=False)
    assert "AttributeError in the property: A has no 'anwsered', it has answered" in result.findings[0].because
    assert result.paths["typo"] == []


@pytest.mark.slow
def test_an_endless_handler_is_cut_off_and_the_search_ends(monkeypatch):
    class Stuck(Ask):
        def on_message(self, ctx, sender, message):
            while True:
                with suppress(Exception):
                    len("x")

    monkeypatch.setattr(EXPLORE, "Watchdog", functools.partial(Watchdog, work_s=0.05, wait_s=30.0))
    result = explore({"A": Stuck, "B": Stuck})
    assert "on_message did not return and was cut off" in result.findings[-1].because
    assert result.paths["no handler fails"] == [("deliver", "A", "B", "ask")]


def test_a_long_search_between_two_handlers_is_not_cut_off(monkeypatch):
    monkeypatch.setattr(EXPLORE, "Watchdog", functools.partial(Watchdog, work_s=0.02, wait_s=0.02))
    nodes = dict.fromkeys("ABCDEF", Ticks)
    result = explore(nodes, audit=False, bounds=Bounds(states_max=20_000))
    assert result.states > 5_000
    assert result.handled < 100
    assert result.findings[-1].status != "violated"


# Clients


class Register(Node):
    def on_start(self, ctx):
        self.value = 0

    def on_request(self, ctx, request, call):
        if call[0] == "write":
            self.value = call[1]
            ctx.reply(request)
        elif call[0] == "read":
            ctx.reply(request, self.value)
        else:
            ctx.refuse(request, "what?")


def test_clients_make_their_calls_in_every_order_each_its_own_one_after_the_other():
    seen = set()
    clients = [Client("ann", [("write", 1), ("read",)], "A"), Client("bob", [("write", 2)], "A")]
    look = always("look", lambda s: seen.add(tuple(told[1] for told in s.told if told[0] == "call")) or True)
    result = explore({"A": Register}, [look], clients=clients, history=True, audit=False)
    whole = {calls for calls in seen if len(calls) == 3}
    assert whole == {("ann.1", "ann.2", "bob.1"), ("ann.1", "bob.1", "ann.2"), ("bob.1", "ann.1", "ann.2")}
    assert result.exhausted
    readers = [Client(name, [("read",)] * 2, "A") for name in ("ann", "bob")]
    with_, without = (explore({"A": Register}, clients=readers, history=h, audit=False) for h in (True, False))
    assert (with_.states, without.states) == (1 + 2 + 4 + 6 + 6, 3 * 3)


def test_a_client_asks_any_of_its_nodes_that_is_up_and_the_trace_has_its_history():
    clients = [Client("ann", [("write", 1), ("read",)], "A B")]
    stale = always("reads what it wrote", lambda s: ("ann.2", 0) not in s.replies)
    result = explore({"A": Register, "B": Register}, [stale], clients=clients, audit=False)
    assert len(result.paths["reads what it wrote"]) == 2
    write, read = result.trace().history()
    assert (write.call, read.result) == (("write", 1), 0)
    answered = [sometimes("answered", lambda s: not s["B"].up and len(s.replies) == 2)]
    path = explore(
        {"A": Register, "B": Register}, answered, clients=clients, crashes=1, prefix=[("crash", "B")], audit=False
    ).paths["answered"]
    assert path == [("request", "ann", "A")] * 2


def test_a_refusal_is_an_end_of_the_call_and_a_second_answer_is_a_remark():
    class Twice(Register):
        def on_request(self, ctx, request, call):
            ctx.refuse(request, "no")
            ctx.reply(request, 1)
            ctx.reply("nobody.1", 2)

    result = explore({"A": Twice}, [sometimes("over", lambda s: len(s.told) == 4)],
                     clients=[Client("ann", ["x", "y"], "A")], history=True, audit=False)  # fmt: skip
    trace = result.trace("over")
    assert [e.detail for e in trace.of("refuse")] == [("ann.1", "no"), ("ann.2", "no")]
    assert trace.of("reply") == []
    assert len(trace.of("note")) == 4
    check_trace(trace)


# Prefixes


def test_a_search_may_begin_after_a_staged_prefix_whose_steps_are_shortened():
    nodes = dict.fromkeys("ABC", WrongVoter)
    prefix = [("timer", "A"), ("deliver", "A", "B"), ("deliver", "B", "A", "vote")]
    whole = explore(nodes, [ONE_LEADER], timers=2, audit=False)
    staged = explore(nodes, [ONE_LEADER], timers=2, prefix=prefix, audit=False)
    assert staged.cluster.prefix == [
        ("timer", "A", "propose"), ("deliver", "A", "B", ("propose",)), ("deliver", "B", "A", ("vote",)),
    ]  # fmt: skip
    assert len(whole.paths["one leader"]) <= len(staged.paths["one leader"]) + 3
    assert staged.states < whole.states
    trace = staged.trace()
    check_trace(trace)
    assert [e.kind for e in trace if e.kind in ("timer", "deliver")][:3] == ["timer", "deliver", "deliver"]
    assert trace.findings[0].status == "violated"


def test_a_step_of_a_prefix_that_is_not_possible_is_named_with_what_is():
    with pytest.raises(
        ValueError, match=r"prefix, step 2: \('deliver', 'B', 'A'\) is not possible here, but \('"
    ) as caught:
        explore(dict.fromkeys("ABC", Voter), prefix=[("timer", "A"), ("deliver", "B", "A")])
    assert len(str(caught.value).splitlines()) == 1


def test_a_schedule_is_a_prefix():
    found = explore(dict.fromkeys("ABC", WrongVoter), [ONE_LEADER], timers=2, audit=False)
    again = explore(
        dict.fromkeys("ABC", WrongVoter), [ONE_LEADER], timers=2, prefix=found.paths["one leader"], audit=False
    )
    assert again.paths["one leader"] == []
    assert again.trace().rows == found.trace().rows


# Other ways to search


DEEP = dict.fromkeys("ABCDE", WrongVoter)


def check_minimal(result, name, promise):
    cluster, path = result.cluster, result.paths[name]
    assert not promise.look(cluster.snapshot(play(cluster, path)[-1]))[0]
    for left_out in range(len(path)):
        rest = possible(cluster, path[:left_out] + path[left_out + 1 :])
        assert all(promise.look(cluster.snapshot(state))[0] for state in play(cluster, rest))
    check_trace(result.trace(name))


def test_random_walks_find_a_deep_mistake_and_hand_back_a_schedule_that_can_lose_no_step():
    result = explore(DEEP, [ONE_LEADER], timers=2, walks=300, steps_max=60, audit=False)
    assert result.findings[0].status == "violated"
    assert not result.exhausted
    check_minimal(result, "one leader", ONE_LEADER)
    assert len(result.paths["one leader"]) == 10  # two proposals; two votes for each need a message there and one back


def test_a_guided_search_finds_it_in_few_states():
    def progress(s):
        return sum(len(node.votes) for node in s.up) + 3 * sum(node.leads for node in s.up)

    result = explore(DEEP, [ONE_LEADER], timers=2, score=progress, audit=False)
    assert result.findings[0].status == "violated"
    assert result.states < 1_000
    check_minimal(result, "one leader", ONE_LEADER)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (Bounds(states_max=100), "more than 100 states"),
        (Bounds(depth_max=2), "only 2 steps"),
        (Bounds(seconds_max=0.0), "0 s were over"),
        (Bounds(memory_mib_max=1.0), "more than 1 MiB"),
    ],
)
@pytest.mark.parametrize("score", [None, lambda s: 0])
def test_a_bound_that_stops_a_search_is_named_and_nothing_is_claimed(bounds, words, score):
    result = explore(
        DEEP, [always("fine", lambda s: True), SOME_LEADER], losses=1, bounds=bounds, score=score, audit=False
    )
    assert not result.exhausted
    assert words in result.stopped
    assert not result.ok
    assert {f.status for f in result.findings} == {"open"}
    assert f"not exhausted: {result.stopped}" in str(result)


def test_a_depth_may_be_bounded_in_every_way_of_searching():
    for how in ({}, {"score": lambda s: 0}):
        shallow = explore(DEEP, timers=2, depth_max=2, audit=False, **how)
        assert shallow.stopped == "only 2 steps from the start were looked at"
    walked = explore(DEEP, timers=2, depth_max=2, walks=50, audit=False)
    assert not walked.exhausted
    assert walked.depth == 3
    few = explore(DEEP, timers=2, bounds=Bounds(states_max=50), walks=10_000, audit=False)
    assert few.stopped == "more than 50 states"


def test_there_is_no_trace_for_what_no_schedule_decides():
    result = explore({"A": Ask, "B": Ask}, [always("fine", lambda s: True)], audit=False)
    with pytest.raises(ValueError, match="no schedule violates a property"):
        result.trace()
    with pytest.raises(ValueError, match="no schedule decides 'fine'"):
        result.trace("fine")


def test_a_protocol_in_which_nothing_happens_is_caught_by_sometimes():
    result = explore(dict.fromkeys("ABC", Node), [SOME_LEADER, always("safe", lambda s: True)], audit=False)
    assert [f.status for f in result.findings] == ["violated", "ok", "ok"]


def test_two_explorations_of_the_same_are_the_same():
    one, other = (
        explore(DEEP, [ONE_LEADER], timers=2, losses=1, bounds=Bounds(states_max=3000), audit=False) for _n in range(2)
    )
    assert (one.states, one.generated, one.depth, one.paths) == (
        other.states,
        other.generated,
        other.depth,
        other.paths,
    )


class Asked(Node):
    """A asks, B votes."""

    def on_start(self, ctx):
        self.voted = False
        if ctx.name == "A":
            ctx.send("B", ("ask",))

    def on_message(self, ctx, sender, message):
        self.voted = True
        if message == ("ask",):
            ctx.send(sender, ("vote",))


TO_THE_VOTE = [("deliver", "A", "B", "ask")]


def test_what_a_staged_prefix_has_shown_counts_as_seen():
    b_votes = [eventually("b has voted once", lambda s: s["B"].voted and not s["A"].voted)]
    result = explore({"A": Asked, "B": Asked}, b_votes, prefix=[*TO_THE_VOTE, ("deliver", "B", "A", "vote")])
    assert result.exhausted and result.ok


def test_what_a_stage_has_passed_is_not_held_against_it():
    never = always("b never votes alone", lambda s: not (s["B"].voted and not s["A"].voted))
    seen = sometimes("a has voted", lambda s: s["A"].voted)
    result = explore({"A": Asked, "B": Asked}, [never, seen], prefix=[*TO_THE_VOTE, ("deliver", "B", "A", "vote")])
    assert result.ok and result.trace(seen.name).violated == []
    result = explore({"A": Asked, "B": Asked}, [never], prefix=TO_THE_VOTE)
    assert result.paths[never.name] == [] and result.trace().violated == [never.name]
