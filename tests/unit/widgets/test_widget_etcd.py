"""What the panel of etcd shows of a run: lanes, verdicts, and where the run comes from."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from faultlab.i18n import use_language
from faultlab.live.etcd_run import KILL, OK, READ, RESTART, ROLE, TIMEOUT, WRITE, Event, Recording
from faultlab.widgets import etcd_panel
from faultlab.widgets.etcd import DOWN, alone_answer, gap_answer, lane, lost_answer

RUN = Recording.load()
PRESETS = {p["name"]: p["params"] for p in etcd_panel(RUN).spec["presets"]}


def changed(change):
    """The recorded run with each of its events put through `change`."""
    return replace(RUN, events=tuple(change(event) for event in RUN.events))


def answer(view, question):
    return view["answers"][question]["answer"]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_view_is_plain_small_json_and_answers_every_question(preset):
    panel = etcd_panel(RUN, **PRESETS[preset])
    assert len(json.dumps(panel.view, allow_nan=False)) < 10_000
    for asked in [panel.spec["question"], *(p["question"] for p in panel.spec["presets"])]:
        assert answer(panel.view, asked["name"]) in [option["value"] for option in asked["options"]]


def test_the_answers_are_those_of_the_run():
    view = etcd_panel(RUN).view
    assert {name: answer(view, name) for name in view["answers"]} == {
        "gap": "timeouts",
        "alone": "serializable",
        "lost": "some",
    }


@pytest.mark.parametrize(
    ("length_s", "expected"), [(0.2, "short"), (0.5, "timeouts"), (2.9, "timeouts"), (4, "long"), (11, "very_long")]
)
def test_the_length_of_the_gap_decides_which_prediction_is_right(length_s, expected):
    assert gap_answer(length_s) == expected


def test_what_was_answered_alone_decides_the_second_question():
    outage = RUN.outages()[1]
    started_s = max(e.at_s for e in RUN.of(RESTART))

    def alone(event):
        return outage.from_s < event.at_s < started_s

    linear = changed(lambda e: replace(e, outcome=OK) if e.kind == READ and alone(e) else e)
    assert alone_answer(linear, outage) == "linearizable"
    written = changed(lambda e: replace(e, outcome=OK) if e.kind == WRITE and alone(e) else e)
    assert alone_answer(written, outage) == "both"
    silent = changed(lambda e: replace(e, outcome=TIMEOUT) if e.kind == READ and alone(e) else e)
    assert alone_answer(silent, outage) == "nothing"


def test_what_was_carried_out_decides_the_third_question():
    for applied, expected in ((False, "none"), (True, "all")):
        run = changed(lambda e, a=applied: replace(e, applied=a) if e.kind == WRITE and e.outcome != OK else e)
        assert lost_answer(run) == expected


@pytest.mark.parametrize("name", RUN.members)
def test_the_lane_of_a_member_has_no_holes_and_it_is_down_from_its_kill_until_it_speaks_again(name):
    drawn = lane(RUN, name)
    stretches = drawn["stretches"]
    assert stretches[0][0] == 0 and stretches[-1][1] == RUN.end_s
    assert all(before[1] == after[0] for before, after in pairwise(stretches))
    down = [stretch for stretch in stretches if stretch[2] == DOWN]
    assert [stretch[0] for stretch in down] == drawn["kills"] == [e.at_s for e in RUN.of(KILL) if e.who == name]
    ended = [to for _from, to, _role, _term in down if to < RUN.end_s]
    assert len(ended) == len(drawn["restarts"])
    assert all(started < spoke < started + 1 for started, spoke in zip(drawn["restarts"], ended, strict=True))
    terms = [term for _from, _to, role, term in stretches if role != DOWN]
    assert terms == sorted(terms)  # a term only grows, over a restart too: it is on disk


def test_a_part_of_the_run_shows_its_outage_whole_and_covers_it_from_the_signal_on():
    for part, outage in zip(("one", "most"), RUN.outages(), strict=True):
        view = etcd_panel(RUN, part=part).view
        assert view["from_s"] < view["covered_s"] == outage.from_s < outage.to_s < view["to_s"]
    whole = etcd_panel(RUN, part="whole").view
    assert (whole["from_s"], whole["to_s"]) == (0, RUN.end_s)


def test_the_panel_says_where_the_run_comes_from():
    assert "recorded run, not played here: etcd 3." in etcd_panel(RUN).text()
    assert "Played here" in etcd_panel(replace(RUN, recorded=False)).text()
    assert "did not start here (no ports)" in etcd_panel(replace(RUN, because="no ports")).text()


def test_a_run_without_the_two_outages_is_refused_in_one_line():
    with pytest.raises(ValueError, match="does not show the loss"):
        etcd_panel(replace(RUN, events=(Event(0, ROLE, "etcd-1", role="leader", term=2),)))


def test_everything_has_a_russian_word():
    use_language("ru")
    try:
        panel = etcd_panel(RUN)
        words = panel.spec["words"]
        texts = [panel.spec["title"], panel.view["summary"], *panel.view["log"], panel.view["source"]]
        texts += [word for word in words.values() if isinstance(word, str)] + [*words["roles"].values()]
        texts += [c["label"] for c in panel.spec["controls"]] + [row["label"] for row in panel.view["numbers"]]
        texts += [t for p in panel.spec["presets"] for t in (p["label"], p["watch"], p["question"]["text"])]
        texts += [o["because"] for o in panel.view["answers"].values()]
        assert [t for t in texts if not any("а" <= letter.lower() <= "я" for letter in t)] == []
    finally:
        use_language("en")
