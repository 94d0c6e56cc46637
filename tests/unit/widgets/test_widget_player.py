"""The trace player: what travels to the browser, faults by hand, pages without a kernel."""

from __future__ import annotations

import ast
import json
import re
from array import array
from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab import i18n
from faultlab.sim import Client, Network, Node, always, crash, judge, partition, restart, simulate, sometimes
from faultlab.sim.node import label
from faultlab.sim.plain import literal
from faultlab.sim.scenario import Scenario
from faultlab.sim.trace import GONE, KINDS, Trace
from faultlab.widgets import panel, player, trace_panel, world_panel
from faultlab.widgets.panel import hidden_list, outcome, preset, question

HOSTILE = "</script><img src=x onerror=alert(1)>\u2028\u2029'\"&<!--"
WIDGETS = Path(player.__file__).parent


class Echo(Node):
    """Sends what it was sent on to the next one, and keeps some state of every kind."""

    def on_start(self, ctx):
        self.role, self.seen = "follower", []
        self.odd = None
        ctx.set_timer("tick", 0.05)

    def on_timer(self, ctx, timer):
        self.role = "leader" if self.role == "follower" else "follower"
        ctx.broadcast(("tick", ctx.name, self.role, True, 1, 1.0))
        ctx.disk["ticks"] = ctx.disk.get("ticks", 0) + 1
        ctx.set_timer("tick", 0.1 + 0.02 * ctx.random.random())

    def on_message(self, ctx, sender, message):
        self.seen = [*self.seen[-2:], message[0]]
        if hasattr(self, "odd"):
            del self.odd
        if message[0] == "tick":
            ctx.send(sender, {"type": "tock", "text": HOSTILE})

    def on_request(self, ctx, request, call):
        if self.role == "leader":
            ctx.reply(request, {1, 2})
        else:
            ctx.refuse(request, "not now")


class Tolerant(Echo):
    def on_message(self, ctx, sender, message):
        if isinstance(message, tuple):
            super().on_message(ctx, sender, message)


NODES = dict.fromkeys("ABC", Tolerant)
CLIENT = Client("ann", [("read", "x")] * 3, to="A B C", pause_s=0.1)


def run(*faults, until_s=0.6, **options) -> Trace:
    return simulate(NODES, until_s, faults=faults, clients=[CLIENT], **options)


def unpack(text: str, code: str) -> list:
    return array(code, b64decode(text)).tolist()


CODES = {"at": "d", "kind": "B", "node": "b", "other": "b", "number": "i", "detail": "i", "extra": "i"}
CHANGES = {"change_event": "i", "change_field": "i", "change_value": "i"}
TIMERS = {"timer_event": "i", "timer_name": "i", "timer_due": "d"}


def received(wire: dict, base: dict | None = None) -> dict:
    """What the browser makes of a message: a mirror of `decodeTrace` in trace.js."""
    got = {key: wire[key] for key in ("id", "nodes", "clients", "end_s", "untimed", "findings")}
    got["texts"] = (base["texts"][: wire["texts_kept"]] if base else []) + wire["texts"]
    for columns, order in ((CODES, None), (CHANGES, "change_event"), (TIMERS, "timer_event")):
        kept = wire["kept"] if order is None else sum(i < wire["kept"] for i in base[order]) if base else 0
        for name, code in columns.items():
            got[name] = (base[name][:kept] if base else []) + unpack(wire[name], code)
    return got


def rows_of(got: dict) -> list[tuple]:
    """The events again, details as the texts that are shown."""
    names = [*got["nodes"], *got["clients"], ""]
    text = [*got["texts"], None]
    return [
        (at_s, KINDS[kind], names[node], names[other], number, text[detail])
        for at_s, kind, node, other, number, detail in zip(
            *(got[c] for c in ("at", "kind", "node", "other", "number", "detail")), strict=True
        )
    ]


def changes_of(got: dict) -> list[tuple]:
    text = [*got["texts"], None]
    columns = (got["change_event"], got["change_field"], got["change_value"])
    return [(i, text[f], text[v]) for i, f, v in zip(*columns, strict=True)]


def test_a_trace_arrives_as_it_was():
    trace = run(crash("B", 0.2), restart("B", 0.4))
    got = received(player.Wire().message(trace))
    for row, arrived in zip(trace.rows, rows_of(got), strict=True):
        assert arrived[:5] == tuple(row[:5])
        if row[1] == "send":
            assert arrived[5] == literal(row[5])
    wanted = [(i, f, None if v is GONE else literal(v)) for i, fs in trace.changes.items() for f, v in fs.items()]
    assert changes_of(got) == wanted
    assert any(value is None for _i, _field, value in wanted), "the test has no field that disappears"
    timers = [(i, due) for i, ts in trace.timers.items() for due in ts.values()]
    assert list(zip(got["timer_event"], got["timer_due"], strict=True)) == timers


def test_a_message_travels_with_its_name_and_a_call_with_its_request():
    trace = run()
    got = received(player.Wire().message(trace))
    for row, extra in zip(trace.rows, got["extra"], strict=True):
        if row[1] == "send":
            assert got["texts"][extra] == label(row[5])
        if row[1] in ("request", "reply", "refuse"):
            assert got["texts"][extra] == row[5][0]


def test_true_one_and_one_point_nought_stay_apart():
    texts = player.Wire().message(run())["texts"]
    assert any("True, 1, 1.0" in text for text in texts)
    wire = player.Wire()
    trace = Trace(nodes=("A",), rows=[(0.0, "start", "A", "", -1, "first")], changes={0: {"a": 1, "b": True, "c": 1.0}})
    assert [value for _i, _f, value in changes_of(received(wire.message(trace)))] == ["1", "True", "1.0"]


FAULTS = st.lists(
    st.one_of(
        st.builds(crash, st.sampled_from("ABC"), st.floats(0, 0.6)),
        st.builds(restart, st.sampled_from("ABC"), st.floats(0, 0.6), st.booleans()),
        st.builds(lambda t: partition("A | B C", t), st.floats(0, 0.6)),
    ),
    max_size=3,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(FAULTS, min_size=2, max_size=4))
def test_patches_add_up_to_the_whole_trace(schedules):
    shown = world_panel(NODES, 0.6, clients=[CLIENT])
    have = received(shown.view["trace"])
    for seq, faults in enumerate(schedules):
        shown.params = {**shown.params, "faults": player.fault_list(faults), "seq": seq, "have": have["id"]}
        wire = shown.view["trace"]
        assert wire["base"] == have["id"]
        have = received(wire, have)
        whole = received(player.Wire().message(run(*faults)))
        assert rows_of(have) == rows_of(whole)
        assert changes_of(have) == changes_of(whole)


def test_only_what_changed_travels():
    shown = world_panel(NODES, 5)
    whole = shown.view["trace"]
    fault = {"at_s": 4.9, "kind": "crash", "node": "A"}
    shown.params = {**shown.params, "faults": [fault], "seq": 1, "have": whole["id"]}
    patch = shown.view["trace"]
    assert patch["kept"] > 0.9 * len(unpack(whole["kind"], "B"))
    assert len(json.dumps(patch)) < 0.15 * len(json.dumps(whole))


@pytest.mark.parametrize("have", [None, "", "unknown"])
def test_a_browser_that_has_another_trace_is_sent_the_whole(have):
    shown = world_panel(NODES, 0.6)
    shown.params = {**shown.params, "faults": [{"at_s": 0.5, "kind": "crash", "node": "A"}], "seq": 1, "have": have}
    wire = shown.view["trace"]
    assert wire["base"] is None and wire["kept"] == 0
    assert rows_of(received(wire)) == rows_of(received(player.Wire().message(shown.trace)))


def test_after_a_run_that_failed_the_next_answer_is_right():
    shown = world_panel(NODES, 0.6)
    have = received(shown.view["trace"])
    bad = [{"at_s": 0.1, "kind": "crash", "node": "nobody"}]
    shown.params = {**shown.params, "faults": bad, "seq": 1, "have": have["id"]}
    assert "nobody" in shown.view["error"] and "\n" not in shown.view["error"]
    good = [{"at_s": 0.3, "kind": "crash", "node": "A"}]
    shown.params = {**shown.params, "faults": good, "seq": 2, "have": have["id"]}
    wire = shown.view["trace"]
    have = received(wire, have if wire["base"] else None)
    assert rows_of(have) == rows_of(received(player.Wire().message(shown.trace)))


@pytest.mark.parametrize(
    "faults",
    [
        [{"kind": "crash", "node": "A"}],
        [{"at_s": -1, "kind": "crash", "node": "A"}],
        [{"at_s": 1, "kind": "explode"}],
        [{"at_s": 1, "kind": "crash", "node": ["A"]}],
        [{"at_s": 1, "kind": "drop", "node": "A", "other": "B", "number": 0}],
        [{"at_s": 1, "kind": "crash", "node": "A", "__class__": "x"}],
        [{"at_s": 0.001 * i, "kind": "crash", "node": "A"} for i in range(player.FAULTS_MAX + 1)],
        "crash",
        ["crash"],
        {"at_s": 1},
    ],
)
def test_a_list_of_faults_from_outside_is_refused_in_one_line(faults):
    shown = world_panel(NODES, 0.6)
    before = shown.trace
    shown.params = {**shown.params, "faults": faults, "seq": 1, "have": None}
    assert shown.view["error"] and "\n" not in shown.view["error"]
    assert shown.trace is before


def test_the_panel_runs_what_simulate_runs():
    shown = world_panel(NODES, 0.6, seed=3, faults=[crash("B", 0.2)], clients=[CLIENT], network=Network(loss=0.1))
    wanted = run(crash("B", 0.2), seed=3, network=Network(loss=0.1))
    assert shown.trace.rows == wanted.rows and shown.trace.changes == wanted.changes
    assert shown.params["faults"] == [{"at_s": 0.2, "kind": "crash", "node": "B"}]


def test_another_seed_is_another_run():
    shown = world_panel(NODES, 0.6)
    before = shown.trace.rows
    shown.params = {**shown.params, "seed": 2, "seq": 1, "have": shown.view["trace"]["id"]}
    assert shown.trace.rows != before and shown.trace.rows == simulate(NODES, 0.6, seed=2).rows


def test_a_scenario_of_nodes_that_are_not_there_is_refused_at_once():
    with pytest.raises(ValueError, match="no node 'Z'"):
        world_panel(NODES, 1, faults=[crash("Z", 0.5)])


def test_a_preset_may_bring_faults():
    one = preset("crash", "A crash", "what the others do", faults=[crash("A", 0.1), partition("A | B C", 0.2)])
    shown = world_panel(NODES, 0.6, presets=[one])
    faults = shown.spec["presets"][0]["params"]["faults"]
    assert [f["kind"] for f in faults] == ["crash", "partition"]
    json.dumps(shown.spec, allow_nan=False)


def test_what_came_true_is_looked_up_in_the_run():
    asked = question("Who crashes?", [("A", "A"), ("B", "B")])

    def who(trace):
        return {"main": outcome(trace.of("crash")[0].node, "it crashed")}

    shown = world_panel(NODES, 0.6, question=asked, answers=who, faults=[crash("B", 0.2)], hide_after_s=0.1)
    assert shown.view["answers"]["main"]["answer"] == "B"
    assert shown.spec["player"]["hide_after_s"] == 0.1
    still = trace_panel(shown.trace, question=asked, answers=who)
    assert still.view["answers"]["main"]["answer"] == "B"


def test_properties_are_judged_on_every_run():
    two = always("one leader", lambda s: sum(n.get("role") == "leader" for n in s.up) < 2)
    shown = world_panel(NODES, 0.6, properties=[two, sometimes("ticks", lambda s: s["A"].disk.get("ticks"))])
    found = {f["name"]: f["status"] for f in shown.view["trace"]["findings"]}
    assert found == {"one leader": "violated", "ticks": "ok"}
    still = trace_panel(shown.trace)
    assert still.spec["player"]["start"] == min(f.event for f in shown.trace.findings if f.status == "violated")


class Lossy(player.PlayerPanel):
    """What a later topic does: controls of its own, a scenario made of them, more numbers."""

    topic = ""
    first_fields = ("seen",)

    def describe(self):
        return {"title": "Lossy", "controls": [panel.slider("loss", "Loss", 0, 0, 100, 10, "%")]}

    def scenario(self, params):
        network = Network(loss=params["loss"] / 100)
        return player.Setup(NODES, Scenario(0.6, seed=params["seed"], network=network))

    def extra(self, trace, params):
        return {"numbers": [panel.number("Lost", len(trace.of("lose")))]}


def test_a_topic_adds_controls_and_makes_the_scenario_of_them():
    shown = Lossy(loss=50)
    assert shown.view["numbers"][0]["values"][0] > 0
    assert [c["name"] for c in shown.spec["controls"]] == ["loss", "faults"]
    shown.params = {**shown.params, "loss": 0, "seq": 1, "have": shown.view["trace"]["id"]}
    assert shown.view["numbers"][0]["values"] == [0]
    assert shown.spec["player"]["fields"] == ["seen"]


def test_a_finished_trace_can_be_an_untimed_one_read_from_json():
    timed = run()
    rows = [(i, *row[1:]) for i, row in enumerate(timed.rows)]
    untimed = Trace(timed.nodes, rows, timed.changes, end_s=len(rows), untimed=True, clients=timed.clients)
    shown = trace_panel(Trace.from_json(json.loads(json.dumps(untimed.to_json()))))
    assert shown.view["trace"]["untimed"] and shown.spec["still"]
    assert rows_of(received(shown.view["trace"]))[5][0] == 5


def test_a_long_value_is_cut_for_display_only():
    trace = Trace(("A",), [(0.0, "start", "A", "", -1, "first")], {0: {"log": list(range(5000))}})
    wire = player.Wire().message(trace)
    assert max(map(len, wire["texts"])) < player.TEXT_MAX + 20
    assert trace.state(0)["A"]["log"][-1] == 4999


# ---------------------------------------------------------------- pages


def hostile_trace() -> Trace:
    names = (HOSTILE, "B")
    rows = [
        (0.0, "start", HOSTILE, "", -1, "first"),
        (0.0, "send", HOSTILE, "B", 0, (HOSTILE, 1)),
        (0.1, "note", HOSTILE, "", -1, HOSTILE),
        (0.2, "error", "B", "", -1, (HOSTILE, HOSTILE)),
        (0.3, "lose", "B", HOSTILE, 0, HOSTILE),
    ]
    trace = Trace(names, rows, {0: {HOSTILE: {HOSTILE: HOSTILE}}}, end_s=0.5, title=HOSTILE)
    return judge(trace, [always(HOSTILE, lambda s: HOSTILE)])


def test_a_page_holds_nothing_of_a_learners_text_as_code():
    text = player.page(hostile_trace())
    assert HOSTILE not in text and "<img" not in text
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1]
    assert "<" not in data and data.isascii()
    assert HOSTILE in json.loads(data)["view"]["trace"]["texts"][2] or any(
        HOSTILE in t for t in json.loads(data)["view"]["trace"]["texts"]
    )
    assert text.count("<script") == 2 and text.count("</script") == 2


def test_a_page_loads_nothing_and_is_small(tmp_path):
    path = player.save_page(run(), tmp_path / "run.html")
    text = path.read_text("utf-8")
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text)
    own = re.sub(r'<script type="application/json".*?</script>', "", text, flags=re.DOTALL)
    assert not re.search(r"<(link|img|iframe|object)\b|\bsrc=|@import|url\((?!#)", own)
    assert len(text) < 260_000


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_page_speaks_the_language_that_was_asked_for_and_leaves_the_other_alone(language):
    i18n.use_language("en")
    try:
        text = player.page(run(), language)
        assert f'<html lang="{language}">' in text
        assert ("Causal past" in text) == (language == "en")
        assert i18n.language() == "en"
    finally:
        i18n._current.clear()


# ---------------------------------------------------------------- the front end


def source(*names: str) -> str:
    return "\n".join((WIDGETS / name).read_text("utf-8") for name in names)


def test_every_word_of_the_player_is_in_its_words():
    used = set(re.findall(r"\bwords\.(\w+)", source("trace.js", "space.js", "player.js")))
    assert used <= player.player_words().keys(), used - player.player_words().keys()


def test_no_word_of_the_player_is_left_over():
    text = source("trace.js", "space.js", "player.js")
    built = ("do_", "f_", "sign_", "always_", "sometimes_", "eventually_")
    events = {kind.replace(" ", "_") for kind in KINDS}
    for word in player.player_words():
        assert re.search(rf"\b{word}\b", text) or word.startswith(built) or word in events, word


def test_data_never_becomes_markup():
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(",
        source("ui.js", "trace.js", "space.js", "player.js"),
    )


def test_no_text_of_the_player_is_smaller_than_twelve_pixels():
    assert all(int(px) >= 12 for px in re.findall(r"font-size:\s*(\d+)px", source("player.css")))


def test_every_message_of_the_module_is_translated():
    catalogue = i18n.catalogue("ru")
    for node in ast.walk(ast.parse(source("player.py"))):
        if (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", "") == "_"
            and isinstance(node.args[0], ast.Constant)
        ):
            assert node.args[0].value in catalogue, node.args[0].value


def test_a_hidden_list_takes_lists_of_objects_only():
    spec = {"controls": [hidden_list("faults", [])], "seed": 1}
    assert panel.clean(spec, {"faults": [{}]})["faults"] == [{}]
    with pytest.raises(ValueError, match="a list of objects"):
        panel.clean(spec, {"faults": {"a": 1}})
