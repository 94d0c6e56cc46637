"""Lanes of a history: what is drawn where, and that no words cover one another."""

from __future__ import annotations

import random
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest

from faultlab.plots.history import CHAR_PX, VERMILLION, lanes_svg, moments_of_effect
from faultlab.sim import stream
from faultlab.sim.history import Operation, Verdict, causal, linearizable, sequential

SVG = "{http://www.w3.org/2000/svg}"


def op(client, call, result, called_s, returned_s, failed=False):
    return Operation(client, call, result, called_s, returned_s, failed)


WRITE = op("A", ("write", "x", 1), None, 0, 2)
STALE = op("B", ("read", "x"), None, 3, 5)
LOST = op("C", ("write", "x", 2), None, 1, None)
REFUSED = op("D", ("write", "x", 3), None, 1, 2, failed=True)
HISTORY = [WRITE, STALE, LOST, REFUSED]


def drawn(svg: str) -> dict[int, ElementTree.Element]:
    """The group of each operation."""
    root = ElementTree.fromstring(svg)
    return {int(g.get("data-operation")): g for g in root.iter(f"{SVG}g") if g.get("data-operation")}


def words_of(group: ElementTree.Element) -> str:
    return "".join(text.text or "" for text in group.findall(f"{SVG}text"))


def test_every_operation_is_a_bar_that_says_what_it_did_and_when():
    groups = drawn(lanes_svg(HISTORY))
    assert sorted(groups) == [0, 1, 2, 3]
    assert [words_of(groups[n]) for n in range(4)] == [
        "write x=1",
        "read x → None",
        "write x=2 → ?",
        "write x=3 refused",
    ]
    titles = [groups[n].find(f"{SVG}title").text for n in range(4)]
    assert titles == [
        "A: write x=1 [0 s – 2 s] #0",
        "B: read x → None [3 s – 5 s] #1",
        "C: write x=2 → ? [1 s – never answered] #2",
        "D: write x=3 refused [1 s – 2 s, refused] #3",
    ]


def test_bars_lie_on_one_time_axis_and_lanes_go_by_name():
    groups = drawn(lanes_svg([op(f"c{n}", ("read", "x"), n, n, n + 1) for n in (10, 2, 1)]))
    rects = [groups[n].find(f"{SVG}rect") for n in (2, 1, 0)]
    assert [float(r.get("y")) for r in rects] == sorted(float(r.get("y")) for r in rects)  # c1, c2, c10
    left = [float(r.get("x")) for r in rects]
    assert (left[2] - left[0]) / (left[1] - left[0]) == pytest.approx(9, abs=0.05)
    assert float(rects[0].get("width")) == pytest.approx(left[1] - left[0], abs=0.2)


def test_what_was_never_answered_has_no_right_end_and_runs_to_the_edge():
    group = drawn(lanes_svg(HISTORY, width_px=700))[2]
    assert group.find(f"{SVG}rect") is None
    outline, dashes = (path.get("d") for path in group.findall(f"{SVG}path"))
    assert "Z" not in outline.upper()
    assert "H688.0" in dashes


def test_the_operations_of_a_violation_are_marked_by_sign_weight_and_colour_and_the_reason_stands_below():
    verdict = linearizable(HISTORY)
    assert verdict.operations == (1,)
    svg = lanes_svg(HISTORY, verdict)
    groups = drawn(svg)
    assert words_of(groups[1]) == "⚠ read x → None"
    assert VERMILLION in groups[1].find(f"{SVG}rect").get("style")
    assert not any(
        "⚠" in words_of(groups[n]) or VERMILLION in ElementTree.tostring(groups[n], "unicode") for n in (0, 2, 3)
    )
    below = "".join(ElementTree.fromstring(svg).findall(f"{SVG}text")[-1].itertext())
    assert below.startswith("⚠ linearizable: violated")
    assert "B: read x → None (operation 1) fits nowhere" in below


def test_words_can_be_those_of_another_language_and_nothing_breaks_out_of_them():
    history = [op("<b>&", ("write", "x", "</svg><script>"), None, 0, 1)]
    words = {"violated": "нарушено", "time": "время, с", "because": "потому что \"<\" & '>'"}
    svg = lanes_svg(history, Verdict("causal", "violated", "because", (0,)), words=words)
    text = "".join(ElementTree.fromstring(svg).itertext())
    assert "нарушено" in text and "время, с" in text and words["because"] in text
    assert "<script" not in svg and "<b>" not in svg


def a_history(rng: random.Random, operations: int) -> list[Operation]:
    history, free_s = [], dict.fromkeys("ABC", 0.0)
    for _ in range(operations):
        client = rng.choice("ABC")
        called_s = free_s[client] + rng.choice([0, 0.1, 1])
        free_s[client] = called_s + rng.choice([0, 0.05, 0.5, 3])
        call = rng.choice([("write", "a_long_name", 12345), ("read", "x")])
        history.append(op(client, call, None, called_s, free_s[client]))
    return history


@pytest.mark.parametrize("operations", [3, 10, 40, 150])
@pytest.mark.parametrize("width_px", [400, 900])
def test_no_words_cover_other_words_or_another_bar(operations, width_px):
    for seed in range(20):
        shapes: dict[float, list[tuple[float, float, int]]] = {}
        for number, group in drawn(lanes_svg(a_history(stream(seed, "lanes"), operations), width_px=width_px)).items():
            rect = group.find(f"{SVG}rect")
            row = shapes.setdefault(float(rect.get("y")), [])
            row.append((float(rect.get("x")), float(rect.get("x")) + float(rect.get("width")), number))
            for text in group.findall(f"{SVG}text"):
                x, length = float(text.get("x")), CHAR_PX * len(text.text)
                start = x if text.get("anchor", text.get("text-anchor")) == "start" else x - length
                assert start > 0 and start + length < width_px
                row.append((start, start + length, number))
        assert shapes
        for row in shapes.values():
            for (a, b, one), (c, d, other) in combinations(row, 2):
                # A bar of no length is drawn 4 px wide, so that it can be seen, and may touch the next.
                assert one == other or min(b, d) - max(a, c) <= 4.2


def test_words_that_are_cut_short_are_whole_in_the_tooltip():
    groups = drawn(lanes_svg(a_history(stream(1, "lanes"), 150), width_px=400))
    assert any(words_of(group) != "write a_long_name=12345" for group in groups.values())
    for group in groups.values():
        assert "write a_long_name=12345" in group[0].text or "read x → None" in group[0].text


def test_moments_of_effect_ascend_and_lie_between_call_and_return():
    found = 0
    for seed in range(50):
        rng = stream(seed, "effects")
        history = a_history(rng, 12)
        order = linearizable(
            [op(o.client, ("write", "x", n), None, o.called_s, o.returned_s) for n, o in enumerate(history)]
        )
        moments_s = moments_of_effect(history, order.order)
        assert len(moments_s) == 12
        for index, moment_s in zip(order.order, moments_s, strict=True):
            assert history[index].called_s <= moment_s <= history[index].returned_s
        assert all(a <= b for a, b in pairwise(moments_s))
        found += sum(a < b for a, b in pairwise(moments_s))
    assert found > 300


def ticks(svg: str) -> dict[int, tuple[str, float]]:
    """By operation the number of its tick, and where in its bar it stands (0 to 1)."""
    found = {}
    for number, group in drawn(svg).items():
        line, rect = group.find(f"{SVG}line"), group.find(f"{SVG}rect")
        if line is not None:
            share = (float(line.get("x1")) - float(rect.get("x"))) / float(rect.get("width"))
            found[number] = (group.findall(f"{SVG}text")[-1].text, share)
    return found


def test_an_order_is_drawn_as_numbered_ticks_inside_the_bars():
    history = [
        op("A", ("write", "x", 1), None, 0, 6),
        op("B", ("read", "x"), None, 1, 4),
        op("C", ("read", "x"), 1, 2, 5),
    ]
    marks = ticks(lanes_svg(history, linearizable(history)))
    assert [marks[n][0] for n in (1, 0, 2)] == ["1", "2", "3"]
    assert all(0 < share < 1 for _, share in marks.values())


def test_an_order_against_the_clock_has_its_numbers_in_the_middle_of_the_bars():
    history = [WRITE, STALE]
    order = sequential(history).order
    assert order == (1, 0) and moments_of_effect(history, order) is None
    marks = ticks(lanes_svg(history, sequential(history)))
    assert {n: number for n, (number, _) in marks.items()} == {1: "1", 0: "2"}
    assert all(share == pytest.approx(0.5, abs=0.01) for _, share in marks.values())


def test_a_verdict_without_an_order_has_no_ticks():
    history = [WRITE, op("B", ("read", "x"), 1, 3, 5)]
    assert causal(history).ok and not ticks(lanes_svg(history, causal(history)))


def test_an_empty_history_is_an_empty_picture():
    assert ElementTree.fromstring(lanes_svg([], linearizable([]))).get("role") == "img"


def test_a_malformed_history_is_refused():
    with pytest.raises(ValueError):
        lanes_svg([WRITE, op("A", ("read", "x"), 1, 1, 3)])
