"""The functions of trace.js and space.js against their counterparts in Python: in Chromium, without JupyterLab."""

from __future__ import annotations

import random

import pytest

from faultlab.sim import Client, Network, Node, always, crash, cut, judge, partition, random_faults, restart, simulate
from faultlab.sim.plain import literal
from faultlab.sim.trace import KINDS, Trace
from faultlab.widgets import player, world_panel
from faultlab.widgets.panel import script

NAMES = "ABCD"
HOSTILE = "</script><img src=x onerror=\"document.title='broken'\">\u2028"


class Gossip(Node):
    """Enough of everything: timers, answers, notes, a disk, roles, fields that come and go, now and then an error."""

    def on_start(self, ctx):
        self.role, self.heard, self.last = "follower", 0, None
        ctx.set_timer("tick", 0.02 + 0.05 * ctx.random.random())

    def on_timer(self, ctx, timer):
        self.role = ctx.random.choice(["leader", "candidate", "follower"])
        ctx.disk["ticks"] = ctx.disk.get("ticks", 0) + 1
        ctx.broadcast(("gossip", ctx.name, self.heard, HOSTILE))
        ctx.note(f"{self.role} {HOSTILE}")
        ctx.set_timer("tick", 0.05 + 0.1 * ctx.random.random())

    def on_message(self, ctx, sender, message):
        self.heard += 1
        if self.heard % 5 == 0 and hasattr(self, "last"):
            del self.last
        if message[0] == "gossip":
            ctx.send(sender, ("thanks", self.heard))
            if ctx.random.random() < 0.02:
                raise ValueError(HOSTILE)

    def on_request(self, ctx, request, call):
        (ctx.reply if self.heard % 2 else ctx.refuse)(request, call)


NODES = dict.fromkeys(NAMES, Gossip)


def some_trace(seed: int) -> Trace:
    faults = random_faults(seed, NAMES, 2, crashes=2, partitions=2, pauses=2, disk_lost=0.5, repair_s=(0.1, 0.4))
    clients = [Client("ann", [("read", "x")] * 9, to=" ".join(NAMES), pause_s=0.1, timeout_s=0.2)]
    network = Network(loss=0.05, duplicate=0.1)
    return simulate(NODES, 2, seed=seed, faults=[*faults, cut("A", "B", 1.9)], clients=clients, network=network)


SEEDS = range(6)
TRACES = {seed: some_trace(seed) for seed in SEEDS}


@pytest.fixture(scope="module")
def page(browser):
    """An empty page with the player's script in it."""
    page = browser.new_page(viewport={"width": 1100, "height": 1000})
    page.set_content("<!doctype html><title>whole</title><body></body>")
    page.add_script_tag(content=script(player.PARTS))
    yield page
    page.close()


@pytest.fixture(params=SEEDS)
def both(page, request):
    """A trace in Python, and the page in which `trace` is the same one."""
    trace = TRACES[request.param]
    page.evaluate("(wire) => { globalThis.trace = decodeTrace(wire, null); }", player.Wire().message(trace))
    return page, trace


def places(trace: Trace, count: int = 60) -> list[int]:
    """Some events, the first and the last among them."""
    return sorted({-1, 0, len(trace) - 1, *random.Random(1).sample(range(len(trace)), min(count, len(trace)))})


def test_the_traces_hold_every_kind_of_event_but_those_of_other_faults():
    seen = {row[1] for trace in TRACES.values() for row in trace.rows}
    assert seen >= set(KINDS) - {"loss", "skew", "end"}


def test_the_kinds_are_those_of_python(page):
    assert page.evaluate("KINDS") == list(KINDS)


def test_events_arrive_as_they_were(both):
    page, trace = both
    got = page.evaluate("""() => [...trace.at].map((t, i) => [t, KINDS[trace.kind[i]], trace.names[trace.node[i]] ?? '',
      trace.names[trace.other[i]] ?? '', trace.number[i], trace.texts[trace.detail[i]] ?? null])""")
    for row, arrived in zip(trace.rows, got, strict=True):
        assert arrived[:5] == list(row[:5])
        if row[1] == "send":
            assert arrived[5] == literal(row[5])


def test_states_are_those_of_python(both):
    page, trace = both
    where = places(trace)
    got = page.evaluate(
        """(where) => where.map((i) => { const state = stateAt(trace, i), n = trace.fields.length;
          const fields = (who) => trace.fields.map((f, k) => [f, trace.texts[state[who * n + k]]]).filter(([, v]) => v);
          return trace.nodes.map((_, who) => Object.fromEntries(fields(who))); })""",
        where,
    )
    for index, states in zip(where, got, strict=True):
        wanted = trace.state(index)
        assert states == [{f: literal(v) for f, v in wanted[name].items()} for name in trace.nodes], index


def test_conditions_of_nodes_are_those_of_python(both):
    page, trace = both
    where = places(trace)
    got = page.evaluate("(where) => where.map((i) => trace.nodes.map((_, who) => statusAt(trace, who, i)))", where)
    assert got == [list(trace.status(i).values()) for i in where]


def test_the_causal_past_is_that_of_python(both):
    page, trace = both
    where = [i for i in places(trace) if i >= 0]
    got = page.evaluate("(where) => where.map((i) => [...causalPast(trace, i)].sort((a, b) => a - b))", where)
    assert got == [sorted(trace.causal_past(i)) for i in where]


def test_the_messages_in_flight_are_those_that_were_sent_and_did_not_arrive(both):
    page, trace = both
    where = [i for i in places(trace) if i >= 0]
    got = page.evaluate("(where) => where.map((i) => inFlight(trace, i).map((m) => m.number))", where)
    for index, numbers in zip(where, got, strict=True):
        flying: dict[int, None] = {}
        for row in trace.rows[: index + 1]:
            if row[1] in ("send", "duplicate"):
                flying[row[4]] = None
            elif row[1] in ("deliver", "lose"):
                flying.pop(row[4], None)
        assert numbers == list(flying), index


def test_the_number_of_a_message_on_its_link_is_the_one_that_a_fault_names(both):
    page, trace = both
    got = page.evaluate(
        "trace.messages.filter((m) => !m.copy).map((m) => [trace.nodes[m.from], trace.nodes[m.to], m.place])"
    )
    counts: dict[tuple[str, str], int] = {}
    for row, arrived in zip(trace.of("send"), got, strict=True):
        link = (row.node, row.other)
        counts[link] = counts.get(link, 0) + 1
        assert arrived == [*link, counts[link]]


def test_an_answer_is_a_message_to_the_sender_of_the_one_being_handled(both):
    page, trace = both
    got = page.evaluate("trace.messages.filter((m) => !m.copy).map((m) => m.reply)")
    assert got == [event.detail[0] == "thanks" for event in trace.of("send")]


def test_timers_are_those_that_were_set_and_have_not_run_out(both):
    page, trace = both
    where = [i for i in places(trace) if i >= 0]
    got = page.evaluate("(where) => where.map((i) => timersAt(trace, i).map((timers) => [...timers.keys()]))", where)
    for index, shown in zip(where, got, strict=True):
        at_s = trace[index].at_s
        for name, timers in zip(trace.nodes, shown, strict=True):
            due: dict[str, float | None] = {}
            for i in range(index + 1):
                if trace[i].node == name:
                    due = {} if trace[i].kind == "crash" else due
                    due |= trace.timers.get(i, {})
            assert sorted(timers) == sorted(t for t, when in due.items() if when is not None and when > at_s), (
                index,
                name,
            )


def test_every_event_has_a_sentence_in_both_languages(both):
    page, trace = both
    for language in ("en", "ru"):
        with player._speaking(language):
            words = player.player_words()
        texts = page.evaluate("(words) => [...trace.at.keys()].map((i) => eventText(trace, i, words))", words)
        assert len(texts) == len(trace)
        for row, text in zip(trace.rows, texts, strict=True):
            assert text and "undefined" not in text and "{node}" not in text and "{detail}" not in text, (row, text)
            if row[2]:
                assert row[2] in text


def test_a_sentence_says_who_is_with_whom_in_a_partition(page):
    trace = simulate(NODES, 0.2, faults=[partition("A C | B | D", 0.1), cut("A", "B", 0.15)])
    page.evaluate("(wire) => { globalThis.trace = decodeTrace(wire, null); }", player.Wire().message(trace))
    groups = page.evaluate("trace.cuts.map(([, pairs]) => groupsOf(trace, pairs))")
    assert groups[0] == "A C | B | D"
    one_way = simulate(NODES, 0.2, faults=[cut("A", "B", 0.1)])
    page.evaluate("(wire) => { globalThis.trace = decodeTrace(wire, null); }", player.Wire().message(one_way))
    assert page.evaluate("trace.cuts.map(([, pairs]) => groupsOf(trace, pairs))") == ["A → B"]


COLUMNS = """(t) => JSON.stringify([t.n, t.names, [...t.at], [...t.kind], [...t.node], [...t.other], [...t.number],
  [...t.detail].map((d) => t.texts[d]), [...t.change_event], [...t.change_field].map((d) => t.texts[d]),
  [...t.change_value].map((d) => t.texts[d] ?? null), [...t.timer_event], [...t.timer_due], t.messages.length,
  [...t.before], [...t.origin], t.statuses, t.cuts])"""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_patches_add_up_to_the_whole_trace(page, seed):
    shown = world_panel(NODES, 2, seed=seed, network=Network(loss=0.05))
    assert page.evaluate(
        "(wire) => { globalThis.seen = receiveTrace(wire); return seen !== null; }", shown.view["trace"]
    )
    chance = random.Random(seed)
    faults: list = []
    for seq in range(1, 9):
        faults = [*faults, crash(chance.choice(NAMES), chance.uniform(0, 2))] if chance.random() < 0.7 else faults[:-1]
        have = page.evaluate("seen.id")
        shown.params = {**shown.params, "faults": player.fault_list(faults), "seq": seq, "have": have}
        page.evaluate("(wire) => { globalThis.seen = receiveTrace(wire); }", shown.view["trace"])
        whole = player.Wire().message(shown.trace)
        assert page.evaluate(f"({COLUMNS})(seen)") == page.evaluate(f"(w) => ({COLUMNS})(decodeTrace(w, null))", whole)


def test_a_patch_to_a_trace_that_is_not_here_is_not_applied(page):
    shown = world_panel(NODES, 0.5)
    fault = {"at_s": 0.4, "kind": "crash", "node": "A"}
    shown.params = {**shown.params, "faults": [fault], "seq": 1, "have": shown.view["trace"]["id"]}
    assert shown.view["trace"]["base"]
    assert page.evaluate("(wire) => receiveTrace(wire)", shown.view["trace"]) is None


def test_a_moment_after_an_event_lies_before_whatever_happens_later(both):
    page, trace = both
    where = [i for i in places(trace) if i >= 0]
    got = page.evaluate("(where) => where.map((i) => momentAfter(trace, i, trace.at[i]))", where)
    times = sorted({row[0] for row in trace.rows})
    for index, moment in zip(where, got, strict=True):
        at_s = trace[index].at_s
        later = [t for t in times if t > at_s]
        assert at_s < moment < (later[0] if later else moment + 1)


def test_a_fault_at_such_a_moment_keeps_the_event_and_what_was_before_it(page):
    trace = simulate(NODES, 2)
    page.evaluate("(wire) => { globalThis.trace = decodeTrace(wire, null); }", player.Wire().message(trace))
    for index in (3, 40, 101):
        moment = page.evaluate("(i) => momentAfter(trace, i, trace.at[i])", index)
        forked = simulate(NODES, 2, faults=[crash("B", moment), restart("B", moment + 0.5)])
        assert forked.rows[: index + 1] == trace.rows[: index + 1]


def test_jumps_go_to_the_next_event_of_their_kind(both):
    page, trace = both
    for group, kinds in (("losses", {"lose"}), ("timers", {"timer"}), ("notes", {"note"})):
        found, index = [], -1
        while (index := page.evaluate("([g, i]) => nextOf(trace, g, i, 1)", [group, index])) is not None:
            found.append(index)
        assert found == [i for i, row in enumerate(trace.rows) if row[1] in kinds]
        back = page.evaluate("([g, i]) => nextOf(trace, g, i, -1)", [group, len(trace)])
        assert back == (found[-1] if found else None)


def test_words_beside_lines_never_overlap_and_do_not_depend_on_the_window(both):
    page, _trace = both
    result = page.evaluate("""() => {
      const axis = new Axis(trace, 'scale', usualScale(trace)), columns = columnsOf(trace, 640);
      const all = new Words(trace, axis, columns, () => false).between(0, trace.n - 1);
      const other = new Words(trace, axis, columns, () => false);
      const part = other.between(200, 260);
      const same = part.every((w) => all.some((v) => v.event === w.event && v.y === w.y && v.x === w.x));
      let closest = Infinity;
      const near = (a, b) => { if (a !== b && a.gap === b.gap) closest = Math.min(closest, Math.abs(a.y - b.y)); };
      for (const a of all) for (const b of all) near(a, b);
      return {count: all.length, same, closest};
    }""")
    assert result["count"] > 50 and result["same"]
    assert result["closest"] >= 15


def test_a_lost_message_ends_on_its_line_before_the_receiver(both):
    page, trace = both
    ends = page.evaluate("""() => {
      const axis = new Axis(trace, 'scale', usualScale(trace)), columns = columnsOf(trace, 640);
      return trace.messages.filter((m) => m.lost).map((m) => {
        const [x, y] = messagePath(m, trace, axis, columns, false).at(-1);
        return [(x - columns[m.from]) / (columns[m.to] - columns[m.from]), y / axis.scale, trace.at[m.end]];
      });
    }""")
    assert len(ends) == len(trace.of("lose")) > 0
    for share, moment, died_s in ends:
        assert 0.1 <= share <= 0.95
        assert moment == pytest.approx(died_s)


def test_a_learners_text_stays_text(browser, tmp_path):
    trace = judge(TRACES[0], [always(HOSTILE, lambda s: HOSTILE)])
    page = browser.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(player.save_page(trace, tmp_path / "hostile.html", "en", title=HOSTILE).as_uri())
    page.locator(".fl-pl-log").wait_for()
    page.evaluate("""() => {
      const {player} = document.querySelector('.fl-panel').faultlab.ctx;
      player.seek(200);
      player.togglePast(true);
    }""")
    assert page.locator("img").count() == 0
    assert "<img" in page.locator(".fl-pl-findings").inner_text()
    assert page.title() != "broken" and "</script>" in page.title()
    assert not complaints
    page.close()


def test_a_message_that_arrives_twice_is_two_lines_from_one_sending(page):
    rows = [
        (0, "start", "A", "", -1, "first"),
        (1, "send", "A", "B", 7, ("x",)),
        (2, "deliver", "B", "A", 7, None),
        (3, "send", "A", "B", 8, ("y",)),
        (4, "deliver", "B", "A", 7, None),
    ]
    wire = player.Wire().message(Trace(("A", "B"), rows, {}, end_s=5, untimed=True))
    got = page.evaluate(
        "(wire) => decodeTrace(wire, null).messages.map((m) => [m.number, m.send, m.end, m.copy])", wire
    )
    assert got == [[7, 1, 2, False], [7, 1, 4, True], [8, 3, -1, False]]
    assert page.evaluate("(wire) => [...decodeTrace(wire, null).origin]", wire) == [-1, -1, 1, -1, 1]
