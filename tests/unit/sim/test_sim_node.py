"""What a handler may do, and what its context refuses."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.sim import Context, Node, explore, simulate
from faultlab.sim.node import label


@pytest.fixture
def ctx():
    return Context("A", ["A", "B", "C"])


def test_a_node_is_told_its_name_and_its_peers(ctx):
    assert ctx.name == "A"
    assert ctx.peers == ("B", "C")


def test_effects_are_noted_in_the_order_in_which_the_handler_wanted_them(ctx):
    ctx.set_timer("t", 1)
    ctx.broadcast(("hello",))
    ctx.cancel_timer("t")
    ctx.reply("ann.1", 5)
    ctx.refuse("ann.2", "busy")
    ctx.note("done")
    assert ctx.effects == [
        ("timer", "t", 1.0), ("send", "B", ("hello",)), ("send", "C", ("hello",)), ("cancel", "t"),
        ("reply", "ann.1", 5), ("refuse", "ann.2", "busy"), ("note", "done"),
    ]  # fmt: skip


def test_a_node_may_send_to_itself(ctx):
    ctx.send("A", 1)
    assert ctx.effects == [("send", "A", 1)]


def test_a_message_is_copied_when_it_is_sent(ctx):
    log = [1]
    ctx.send("B", ("log", log))
    ctx.reply("ann.1", log)
    ctx.refuse("ann.2", log)
    log.append(2)
    assert [effect[2] for effect in ctx.effects] == [("log", [1]), [1], [1]]


class Thing:
    pass


@pytest.mark.parametrize("thing", [Thing(), Thing, lambda: 1, b"x", math.nan, [Thing()], {"a": (math.nan,)}])
def test_a_message_or_an_answer_that_is_not_plain_data_is_refused_and_nothing_is_sent(ctx, thing):
    for attempt in (lambda: ctx.send("B", thing), lambda: ctx.broadcast(thing), lambda: ctx.reply("ann.1", thing)):
        with pytest.raises(TypeError, match="plain data"):
            attempt()
    assert ctx.effects == []


def test_a_receiver_that_does_not_exist_is_an_error_that_names_those_that_do(ctx):
    with pytest.raises(ValueError, match="'Z': there is no such node, only A, B, C"):
        ctx.send("Z", 1)
    assert ctx.effects == []


@pytest.mark.parametrize("delay_s", [-1e-9, -1, math.inf, math.nan])
def test_a_delay_that_is_no_time_is_refused(ctx, delay_s):
    with pytest.raises(ValueError, match="finite number of seconds"):
        ctx.set_timer("t", delay_s)
    assert ctx.effects == []


@pytest.mark.parametrize("name", [None, 1, ["t"], {}])
def test_the_name_of_a_timer_and_of_a_request_is_a_text(ctx, name):
    for attempt in (
        lambda: ctx.set_timer(name, 1),
        lambda: ctx.cancel_timer(name),
        lambda: ctx.reply(name, 1),
        lambda: ctx.refuse(name),
    ):
        with pytest.raises(TypeError, match="is a str, not"):
            attempt()
    assert ctx.effects == []


def test_a_disk_is_written_as_a_whole_when_the_handler_returns(ctx):
    log = [1]
    ctx.disk["log"] = log
    assert ctx.disk == {"log": [1]}
    ctx.commit()
    log.append(2)
    assert ctx.disk == {"log": [1]}


def test_what_a_handler_that_raised_wrote_is_dropped(ctx):
    ctx.disk["x"] = 1
    ctx.commit()
    ctx.disk["x"] = 2
    ctx.send("B", 1)
    ctx.abandon()
    assert ctx.disk == {"x": 1}
    assert ctx.effects == []


def test_the_keys_of_a_disk_are_texts(ctx):
    ctx.disk[1] = "x"
    with pytest.raises(TypeError, match=r"key of ctx\.disk"):
        ctx.commit()


def test_a_disk_holds_plain_data_only(ctx):
    ctx.disk["x"] = Thing()
    with pytest.raises(TypeError, match="Thing is not plain data"):
        ctx.commit()


def test_there_is_no_time_without_a_world(ctx):
    with pytest.raises(RuntimeError, match="no time"):
        _ = ctx.now_s


def test_without_a_run_every_context_deals_the_same_numbers():
    one, other = (Context("A", ["A"]).random.random() for _n in range(2))
    assert one == other


def test_a_node_that_handles_nothing_does_nothing(ctx):
    node = Node()
    node.on_start(ctx)
    node.on_message(ctx, "B", 1)
    node.on_timer(ctx, "t")
    node.on_request(ctx, "ann.1", "x")
    assert ctx.effects == []
    assert vars(node) == {}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (("vote", 3), "vote"),
        (["append", 1], "append"),
        ({"type": "ack", "n": 1}, "ack"),
        ({"kind": "ack"}, "ack"),
        ("ping", "ping"),
        ((1, 2), "(1, 2)"),
        ((), "()"),
        (None, "None"),
        ("x" * 99, "x" * 24),
    ],
)
def test_a_message_has_a_short_name_for_a_picture(message, text):
    assert label(message) == text


@settings(max_examples=30, deadline=None)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=4), x),
        max_leaves=6,
    )
)
def test_every_message_has_a_name(message):
    assert type(label(message)) is str


async def waits(self, ctx, *what):
    self.reached = True


def yields(self, ctx, *what):
    self.reached = True
    yield


@pytest.mark.parametrize("handler", [waits, yields])
def test_a_handler_that_waits_is_a_fault_of_its_node(handler):
    kind = type("Waiting", (Node,), {"on_start": handler})
    (error,) = simulate({"A": kind}, 1).of("error")
    assert error.detail.startswith("TypeError in") and "a handler does not wait" in error.detail
    assert "a handler does not wait" in explore({"A": kind}, audit=False).findings[0].because
