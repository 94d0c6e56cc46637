"""What the panel of consistency models computes: verdicts, their reasons, what separates models, refused input."""

from __future__ import annotations

import json
import random
import re
import time
from pathlib import Path

import pytest

from faultlab import i18n
from faultlab.sim.history import IMPLIES, MODELS, OK, UNKNOWN, VIOLATED, Operation, causality, sessions, verdict
from faultlab.widgets import consistency as module
from faultlab.widgets import history_panel

WIDGETS = Path(module.__file__).parent
ANSWER_MAX_S = 0.1  # typical is a tenth of that
WHAT_SEPARATES = {
    "stale": "second",
    "dekker": "second",
    "opposite": "first",
    "arbiter": "second",
    "mind": "second",
    "answer": "second",
    "own": "neither",
}


def ask(panel, **values):
    """What the browser does: write `params` and read `view`."""
    panel.params = {**panel.params, **values, "seq": panel.view.get("seq", 0) + 1}
    return panel.view


def presets():
    return {p["name"]: p for p in history_panel().spec["presets"]}


def view_of(preset):
    return ask(history_panel(), **presets()[preset]["params"])


def view_for(*written):
    return ask(history_panel(), operations=module.written(*written))


def statuses(view):
    return {name: model["status"] for name, model in view["models"].items()}


# Verdicts


@pytest.mark.parametrize(("preset", "answer"), WHAT_SEPARATES.items())
def test_each_scenario_separates_what_it_asks_about(preset, answer):
    assert view_of(preset)["answers"][presets()[preset]["question"]["name"]]["answer"] == answer


def test_every_scenario_is_asked_about_and_none_is_missing_here():
    assert presets().keys() == WHAT_SEPARATES.keys()
    assert {p["question"]["name"] for p in presets().values()} == {"/".join(pair) for pair in module.PAIRS}


def test_the_history_shown_at_first_satisfies_every_model():
    assert set(statuses(history_panel().view).values()) == {OK}


def test_every_model_of_the_map_has_a_verdict_and_a_name():
    assert statuses(view_of("stale")).keys() == MODELS.keys() == module.NAMES.keys()


def random_operations(rng):
    listed = []
    values = {key: [1, 2, 3, 4] for key in module.KEYS}
    for client in "ABC":
        at = rng.randrange(3)
        while at + 2 <= module.MOMENTS and rng.random() < 0.75:
            key = rng.choice("xy")
            write = rng.random() < 0.4 and values[key]
            value = values[key].pop() if write else rng.randrange(3)
            kind = "write" if write else "read"
            listed.append({"client": client, "kind": kind, "key": key, "value": value, "from": at, "to": at + 2})
            at += 2 + rng.randrange(2)
    return listed or module.written("A x=1 0-1")


def test_what_satisfies_a_model_violates_none_that_it_implies():
    rng = random.Random(7)
    seen = set()
    for _round in range(150):
        found = statuses(ask(history_panel(), operations=random_operations(rng)[: module.OPERATIONS_MAX]))
        for strong, weaker in IMPLIES.items():
            if found[strong] == OK:
                seen.add(strong)
                assert VIOLATED not in [found[weak] for weak in weaker]
    assert seen == IMPLIES.keys()


def test_bars_that_only_touch_are_concurrent():
    assert statuses(view_for("A x=1 0-3", "B x>0 3-5"))["linearizable"] == OK
    assert statuses(view_for("A x=1 0-3", "B x>0 4-6"))["linearizable"] == VIOLATED


# Reasons


def test_the_order_that_explains_a_history_is_told_and_numbered():
    view = view_of("stale")
    assert view["models"]["sequential"]["reason"] == "one order explains every answer: B x→∅; A x=1; B x→1."
    assert view["models"]["sequential"]["order"] == [1, 0, 2]


def test_the_operation_that_fits_nowhere_is_named_and_marked():
    found = view_of("stale")["models"]["linearizable"]
    assert "up to the answer of B x→∅" in found["reason"] and found["operations"] == [1]


def test_an_answer_without_its_question_is_explained_by_the_causal_past():
    found = view_of("answer")["models"]["causal"]
    assert found["reason"] == "C x→∅ returns nothing, although A x=1 lies in its causal past."
    assert found["operations"] == [4, 0]


@pytest.mark.parametrize(
    ("history", "model", "text"),
    [
        (["A x>3 0-2"], "causal", "returns what nobody wrote: A x→3"),
        (["A x=1 0-1", "A x=1 2-3", "B x>1 4-5"], "causal", "written twice"),
        (["A x=1 0-1", "B x>1 2-3", "B x=2 4-5", "C x>2 6-7", "C x>1 8-9"], "causal", "overwritten, causally"),
        (["A x>1 0-2", "A x=1 3-5"], "read your writes", "which its client made later"),
        (["A x=1 0-1", "A x=2 2-3", "B x>2 4-5", "B x>1 6-7"], "monotonic reads", "not together with other"),
        (["A x=1 0-1", "B x=2 0-1", "C x>1 2-3", "C x>2 4-5", "C x>1 6-7"], "monotonic reads", "must be older"),
        (["A y>1 0-1", "A x=1 2-3", "B x>1 0-1", "B y=1 2-3"], "causal", "run in a circle"),
    ],
)
def test_each_finding_has_a_sentence(history, model, text):
    assert text in view_for(*history)["models"][model]["reason"]


def test_every_pattern_of_the_checkers_has_a_sentence():
    constants = {**vars(causality), **vars(sessions), **vars(verdict)}
    known = {value for name, value in constants.items() if name.isupper() and isinstance(value, str)}
    patterns = {value for value in known if re.fullmatch(r"([A-Z][a-zA-Z]+){2,}", value) and value not in MODELS}
    # These cannot come about here: there are registers only, nothing is given, and the histories are small.
    assert patterns - {"NotARegister", "NotGiven"} <= module.PATTERNS.keys()


def test_where_nothing_can_be_told_no_option_is_the_right_one():
    view = view_for("A x=1 0-1", "A x=1 2-3", "B x>1 4-5")
    assert statuses(view)["causal"] == UNKNOWN and view["answers"]["causal/PRAM"]["answer"] == ""


def test_the_summary_names_the_strongest_models_that_hold():
    assert view_of("opposite")["summary"].startswith(
        "Strongest models satisfied: causal memory. Violated: linearizable"
    )


# What can be drawn


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"client": "E"}, "An operation looks like"),
        ({"client": 1}, "An operation looks like"),
        ({"kind": "cas"}, "An operation looks like"),
        ({"key": "w"}, "An operation looks like"),
        ({"value": 5}, "An operation looks like"),
        ({"value": True}, "An operation looks like"),
        ({"from": 3}, "An operation looks like"),
        ({"to": 15}, "An operation looks like"),
        ({"value": 0}, "A write writes"),
    ],
)
def test_an_operation_that_cannot_be_is_refused_in_one_line(change, text):
    item = module.written("A x=1 0-3")[0] | change
    error = ask(history_panel(), operations=[item])["error"]
    assert text in error and "\n" not in error


def test_a_client_does_one_thing_at_a_time():
    assert "Operations of client A overlap" in view_for("A x=1 0-3", "A x>1 2-4")["error"]
    assert "error" not in view_for("A x=1 0-3", "A x>1 3-4")


def test_a_history_has_operations_and_not_too_many():
    assert "1 to 16 operations" in ask(history_panel(), operations=[])["error"]
    many = [f"{client} x>0 {at}-{at + 1}" for client in "AB" for at in range(9)]
    assert "1 to 16 operations" in view_for(*many)["error"]


def test_a_recorded_history_is_drawn_with_its_verdicts():
    history = [
        Operation("client 7", ("write", "x", 1), None, 0.25, 1.5),
        Operation("client 9", ("read", "x"), None, 2.0, 3.75),
    ]
    view = history_panel(history).view
    assert [o["text"] for o in view["operations"]] == ["x=1", "x→∅"]
    assert [(o["client"], o["from"], o["to"]) for o in view["operations"]] == [("A", 0, 1), ("B", 2, 3)]
    assert statuses(view) == {name: check(history).status for name, check in MODELS.items()}


def test_what_the_panel_does_not_draw_is_refused():
    with pytest.raises(ValueError, match="that were answered"):
        history_panel([Operation("A", ("read", "x"), None, 0, None)])
    with pytest.raises(ValueError, match="at most 4 clients"):
        history_panel([Operation(name, ("read", "x"), None, 0, 1) for name in "ABCDE"])
    with pytest.raises(ValueError, match="An operation looks like"):
        history_panel([Operation("A", ("write", "balance", 1), None, 0, 1)])


# Words, time


def test_the_panel_speaks_the_language_and_is_plain_json(language):
    for name in presets():
        i18n.use_language(language)
        view = view_of(name)
        json.dumps(view, allow_nan=False)
        assert bool(re.search("[а-я]", " ".join([view["summary"], *view["log"]]))) == (language == "ru")


def test_every_word_and_every_model_of_the_picture_is_known():
    source = (WIDGETS / "consistency.js").read_text("utf-8")
    words = history_panel().spec["words"]
    used = set(re.findall(r"words\.(\w+)", source))
    assert used <= words.keys() and words.keys() == used
    stands = source[source.index("const STANDS") : source.index("const SIGN")]
    assert all(re.search(rf'"?{name}"?: \[', stands) for name in MODELS)


def test_the_largest_history_is_answered_at_once():
    writes = [f"{client} {'xy'[i % 2]}={i + 1} 0-3" for i, client in enumerate("ABCD")]
    reads = [
        f"{client} {'xy'[at % 2]}>{(at + i) % 5} {at}-{at + 3}" for i, client in enumerate("ABCD") for at in (3, 6, 9)
    ]
    operations = module.written(*writes, *reads)
    times = []
    for _round in range(5):
        start = time.perf_counter()
        view = ask(history_panel(), operations=operations)
        times.append(time.perf_counter() - start)
        assert "error" not in view and len(view["operations"]) == module.OPERATIONS_MAX
    assert min(times) < ANSWER_MAX_S
