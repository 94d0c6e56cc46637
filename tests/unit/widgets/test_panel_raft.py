"""What the Raft panel computes: scenarios and verdicts, logs, turns, promises, writes by hand, a learner's class."""

from __future__ import annotations

import ast
import inspect

import pytest

from faultlab import i18n
from faultlab.models import raft, raft_properties
from faultlab.models.raft import Raft
from faultlab.sim.node import Node
from faultlab.widgets import raft_panel
from faultlab.widgets.raft import FLAWS, PROMISES, REASONS, STORIES, log_changes, reason, turns

BROKEN_BY = {
    ("figure_8", "5.4.2"): {"Leader Completeness", "State Machine Safety", "Durability"},
    ("split_vote", "5.2"): {"Election Safety", "One Vote"},
    ("old_term", "disk"): {"Durability", "Terms Only Grow"},
}
COMES_TRUE = {
    "split_vote": "nobody",
    "stale_leader": "overwritten",
    "figure_8": "goes",
    "minority": "CDE",
    "old_term": "follows",
    "high_term": "deposed",
    "free": "first",
}


def broken(panel) -> set[str]:
    return {f.name for f in panel.trace.findings if f.status == "violated"}


@pytest.fixture
def russian():
    i18n.use_language("ru")
    yield
    i18n.use_language("en")


@pytest.mark.parametrize("name", STORIES)
def test_every_scenario_has_a_question_whose_answer_comes_from_its_run(name):
    panel = raft_panel(preset=name)
    told = panel.view["answers"][name]
    assert told["answer"] == COMES_TRUE[name] and told["because"]
    chosen = next(p for p in panel.spec["presets"] if p["name"] == name)
    assert chosen["question"] == panel.spec["question"]
    assert told["answer"] in [o["value"] for o in chosen["question"]["options"]]
    assert {"story": name, "faults": panel.params["faults"]}.items() <= chosen["params"].items()


@pytest.mark.parametrize("name", STORIES)
def test_raft_keeps_all_its_promises_in_every_scenario_whatever_the_timeouts(name):
    for values in ({}, {"timeouts": "random", "seed": 5}, {"pre_vote": True}, {"no_op": True}):
        panel = raft_panel(preset=name, **values)
        assert [f.name for f in panel.trace.findings] == list(PROMISES)
        assert not broken(panel) and panel.view["notice"] is None


@pytest.mark.parametrize(("name", "flaw"), BROKEN_BY)
def test_a_rule_that_is_left_out_breaks_promises_in_the_scenario_that_needs_it(name, flaw):
    assert broken(raft_panel(preset=name, flaw=flaw)) == BROKEN_BY[name, flaw]


def test_without_5_4_1_a_node_with_an_old_log_can_be_elected():
    # E, which was cut off and lacks what was committed meanwhile, wins where the leader crashes on its return.
    faults = [
        {"at_s": 1.0, "kind": "partition", "groups": [["A", "B", "C", "D"], ["E"]]},
        {"at_s": 2.0, "kind": "heal"},
        {"at_s": 2.0, "kind": "crash", "node": "A"},
    ]
    values = {"preset": "high_term", "faults": faults}
    assert broken(raft_panel(flaw="5.4.1", **values)) >= {"Leader Completeness"}
    assert not broken(raft_panel(**values))


def test_the_verdicts_follow_what_the_learner_changes():
    assert raft_panel(preset="high_term", pre_vote=True).view["answers"]["high_term"]["answer"] == "stays"
    assert raft_panel(preset="stale_leader", faults=[]).view["answers"]["stale_leader"]["answer"] == "committed"
    assert raft_panel(preset="minority", faults=[]).view["answers"]["minority"]["answer"] == "none"
    assert raft_panel(preset="old_term", faults=[]).view["answers"]["old_term"]["answer"] == "down"
    late = raft_panel(preset="split_vote", faults=[])
    assert late.view["answers"]["split_vote"]["answer"] in ("A", "B")


def test_figure_8_without_its_rule_had_committed_what_is_overwritten():
    kept, left_out = (raft_panel(preset="figure_8", flaw=f).view["answers"]["figure_8"] for f in ("none", "5.4.2"))
    assert kept["answer"] == left_out["answer"] == "goes"
    assert "never been committed" in kept["because"] and "had been committed" in left_out["because"]


# The picture's data


@pytest.mark.parametrize("name", STORIES)
def test_the_changes_of_the_logs_add_up_to_the_logs_of_the_trace(name):
    panel = raft_panel(preset=name)
    logs = {place: [] for place in range(5)}
    changes = {event: (who, kept, added) for event, who, kept, added in log_changes(panel.trace)}
    for event in range(len(panel.trace)):
        if event in changes:
            who, kept, added = changes[event]
            logs[who] = [*logs[who][:kept], *added]
        if event % 50 and event != len(panel.trace) - 1:
            continue
        for place, (_node, fields) in enumerate(panel.trace.state(event).items()):
            log = fields.get("log", fields.get("disk.log", []))
            assert [entry[0] for entry in logs[place]] == [term for term, _command in log]


@pytest.mark.parametrize("pre_vote", [False, True])
@pytest.mark.parametrize("name", STORIES)
def test_every_turn_of_the_model_is_a_row_of_its_table(name, pre_vote):
    panel = raft_panel(preset=name, pre_vote=pre_vote)
    table = raft.PRE_VOTE_TRANSITIONS if pre_vote else raft.TRANSITIONS
    seen = {(old, what): new for _event, _who, old, what, new in panel.view["raft"]["turns"]}
    assert None not in {what for _old, what in seen}
    assert seen.items() <= table.items()
    assert {(old, event): new for old, event, new in panel.view["raft"]["transitions"]} == table


def test_all_rows_of_the_table_are_taken_in_one_scenario_or_another():
    seen = set()
    for name in STORIES:
        for seed in (1, 2, 3):
            shown = raft_panel(preset=name, timeouts="random", seed=seed).view["raft"]["turns"]
            seen |= {(old, what) for _event, _who, old, what, _new in shown}
    seen |= {(old, what) for _e, _w, old, what, _n in raft_panel().view["raft"]["turns"]}
    assert seen == set(raft.TRANSITIONS)


def test_a_turn_that_is_not_in_the_table_has_no_name():
    class Usurper(Raft):
        def receive_append_entries(self, ctx, leader, *rest):
            super().receive_append_entries(ctx, leader, *rest)
            if ctx.name == "B":
                self.role = "leader"

    found = raft_panel(Usurper, preset="free", timeouts="staged").view["raft"]["turns"]
    assert [1, "follower", None, "leader"] in [turn[1:] for turn in found]


def test_a_turn_is_told_by_what_set_it_off():
    found = turns(raft_panel(preset="stale_leader").trace, raft.TRANSITIONS)
    of_a = [turn[2:] for turn in found if turn[1] == 0]
    assert of_a == [
        ["follower", "election timeout", "candidate"],
        ["candidate", "votes of a majority", "leader"],
        ["leader", "saw a higher term", "follower"],
    ]


# Writes by hand


def test_a_write_by_hand_goes_to_the_node_at_its_moment():
    panel = raft_panel(preset="old_term")
    panel.params = {**panel.params, "asks": [{"at_s": 0.7, "node": "A"}, {"at_s": 0.75, "node": "C"}], "seq": 1}
    calls = [(row[0], row[1], row[2], row[3]) for row in panel.trace.rows if str(row[3]).startswith("you")]
    assert calls[0] == (0.7, "request", "A", "you1")
    assert [kind for _at_s, kind, _node, name in calls if name == "you1"] == ["request", "reply"]
    assert [kind for _at_s, kind, _node, name in calls if name == "you2"] == ["request", "refuse"]


def test_a_write_by_hand_does_not_change_what_was_before_it():
    plain = raft_panel(preset="free")
    asked = raft_panel(preset="free", asks=[{"at_s": 1.0, "node": "B"}])
    until = plain.trace.index_at(1.0)
    assert plain.trace.rows[:until] == asked.trace.rows[:until]


@pytest.mark.parametrize(
    "ask",
    [
        {"at_s": -1, "node": "A"},
        {"at_s": 1},
        {"at_s": "1", "node": "A"},
        {"at_s": 1, "node": "Z"},
        {"at_s": 99, "node": "A"},
    ],
)
def test_what_is_no_write_is_refused_in_one_line(ask):
    error = raft_panel(asks=[ask]).view["error"]
    assert error and "\n" not in error


def test_there_is_a_limit_to_writes_by_hand():
    assert "12" in raft_panel(asks=[{"at_s": 0.5, "node": "A"}] * 13).view["error"]


# A learner's class


def test_a_class_with_the_contract_runs_like_the_model():
    class Mine(Raft):
        pass

    for name in STORIES:
        model, mine = raft_panel(preset=name), raft_panel(Mine, preset=name)
        assert mine.trace.rows == model.trace.rows
        assert "flaw" not in {c["name"] for c in mine.spec["controls"]}


def test_a_class_without_arguments_is_staged_by_its_attribute():
    class Mine(Raft):
        election_timeout_s = (0.15, 0.3)

        def __init__(self):
            self.heartbeat_s, self.pre_vote, self.no_op = 0.05, False, False

    panel = raft_panel(Mine, preset="figure_8")
    model = raft_panel(preset="figure_8").trace
    assert [row for row in panel.trace.rows if row[1] != "start"] == [row for row in model.rows if row[1] != "start"]
    assert "pre_vote" not in {c["name"] for c in panel.spec["controls"]}


def test_a_class_that_cannot_be_staged_runs_with_its_own_timeouts():
    class Mine(Raft):
        def __init__(self):
            super().__init__((0.2, 0.25))
            self.mine = self.__dict__.pop("election_timeout_s")

        def reset_election_timer(self, ctx):
            ctx.set_timer("election", ctx.random.uniform(*self.mine))

    panel = raft_panel(Mine, preset="free")
    assert "timeouts" not in {c["name"] for c in panel.spec["controls"]}
    assert panel.view["answers"]["free"]["answer"] in ("first", "later")


def test_a_class_that_raises_is_shown_up_to_there_with_the_error_in_one_line():
    class Raises(Raft):
        def receive_vote(self, ctx, voter, term, granted):
            raise RuntimeError("I do not\ncount votes")

    panel = raft_panel(Raises)
    assert "RuntimeError" in panel.view["notice"] and "\n" not in panel.view["notice"]
    assert any(row[1] == "error" for row in panel.trace.rows)


def test_a_class_that_keeps_other_fields_is_shown_without_its_promises():
    class Silent(Node):
        def on_start(self, ctx):
            self.heard = 0

    panel = raft_panel(Silent)
    assert panel.trace.findings == () and "judged" in panel.view["notice"]
    assert panel.view["raft"]["logs"] == [] and panel.view["answers"] == {}


def test_a_class_in_the_making_is_held_to_the_promises_that_its_fields_allow():
    """Step 1 of the exercise has elections and no commitment yet."""

    class Election(Raft):
        def on_start(self, ctx):
            super().on_start(ctx)
            del self.commit_index, self.last_applied

        def send_append(self, ctx, peer):
            ctx.send(peer, ("append_entries", self.term, 0, 0, (), 0))

        def learn_commit_index(self, ctx, leader_commit, match_index):
            pass

        def on_request(self, ctx, request, call):
            ctx.refuse(request, self.leader)

        def advance_commit_index(self, ctx):
            pass

    panel = raft_panel(Election)
    names = {f.name for f in panel.trace.findings}
    assert {"Election Safety", "One Vote", "Terms Only Grow"} <= names and "State Machine Safety" not in names
    assert not broken(panel) and panel.view["notice"] is None
    assert panel.view["answers"]["split_vote"]["answer"] == "nobody"

    class Twice(Election):
        def may_vote(self, candidate, term):
            return term == self.term

    assert broken(raft_panel(Twice)) == {"Election Safety", "One Vote"}


def test_messages_and_entries_may_be_lists():
    class Lists(Raft):
        def receive_request_vote(self, ctx, candidate, term, last_log_index, last_log_term):
            granted = self.may_vote(candidate, term) and self.is_up_to_date(last_log_index, last_log_term)
            if granted:
                self.voted_for = candidate
                self.save(ctx)
                self.reset_election_timer(ctx)
            ctx.send(candidate, ["vote", self.term, granted])

        def on_message(self, ctx, sender, message):
            super().on_message(ctx, sender, tuple(message))

    model, mine = raft_panel(), raft_panel(Lists)
    assert mine.view["answers"] == model.view["answers"] and not broken(mine)


def test_a_log_of_a_form_of_its_own_is_shown_as_text():
    class Odd(Raft):
        def append(self, ctx, command):
            self.log.append({"term": self.term, "command": command})

        def term_at(self, index):
            return self.log[index - 1]["term"] if index else 0

    logs = raft_panel(Odd, preset="free").view["raft"]["logs"]
    assert logs and logs[0][3][0][0] == "?"


def test_a_class_that_cannot_be_made_is_an_error_in_one_line():
    class Needs(Raft):
        def __init__(self, secret):
            super().__init__()

    view = raft_panel(Needs).view
    told = view.get("error") or view["notice"]
    assert "secret" in told and "\n" not in told


def test_a_scenario_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="figure_8"):
        raft_panel(preset="figure_9")


def test_the_same_values_replay_only_what_comes_after_a_new_fault():
    panel = raft_panel(preset="free")
    have = panel.view["trace"]["id"]
    panel.params = {**panel.params, "faults": [{"at_s": 3.0, "kind": "crash", "node": "A"}], "seq": 1, "have": have}
    assert panel.view["trace"]["base"] == have and panel.view["trace"]["kept"] > 500


# Words


def sentences_of_the_properties() -> list[str]:
    """Every sentence that `raft_properties` can say, with a letter where a value stands."""
    tree = ast.parse(inspect.getsource(raft_properties))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else "X" for part in node.values)
            found.append(text)
    return [text for text in found if " " in text]


def test_every_reason_of_the_properties_is_said_in_russian(russian):
    sentences = sentences_of_the_properties()
    assert len(sentences) >= 15
    for sentence in sentences:
        assert any("а" <= letter <= "я" for letter in reason(sentence)), sentence
    assert len(REASONS) <= len(sentences) + 1, "one of them is said by nobody"


def test_a_broken_promise_is_told_in_the_learners_language(russian):
    panel = raft_panel(preset="figure_8", flaw="5.4.2")
    told = {f.name: f.because for f in panel.trace.findings if f.status == "violated"}
    assert "лидер" in told["Leader Completeness"] and "5" in told["Leader Completeness"]
    assert "Полнота лидера" in panel.view["summary"]


def test_every_promise_that_is_judged_has_words_and_every_event_and_role_too():
    panel = raft_panel()
    words = panel.spec["words"]
    assert set(words["promises"]) == {f.name for f in raft_properties.over_time(panel.trace)}
    for table in (raft.TRANSITIONS, raft.PRE_VOTE_TRANSITIONS):
        assert {event for _role, event in table} <= set(words["events"])
        assert {role for role, _event in table} | set(table.values()) <= set(words["roles"])


def test_every_rule_that_can_be_left_out_is_a_class_that_differs():
    assert list(FLAWS) == [o["value"] for o in raft_panel().spec["controls"][3]["options"]]
    assert len(set(FLAWS.values())) == len(FLAWS)


def test_the_panel_in_words_says_who_led_and_what_was_broken():
    text = raft_panel(preset="figure_8", flaw="5.4.2").text()
    assert "E in term 5" in text and "Leader Completeness" in text
