"""What the panel of the Raft scenario runs, asks and says."""

from __future__ import annotations

import pytest

from faultlab.i18n import use_language
from faultlab.models.raft_scenario import END_S, all_runs, answer_key, outage_of
from faultlab.sim.faults import crash
from faultlab.widgets.raft_scenario import leaders_at, raft_scenario_panel


@pytest.fixture(autouse=True)
def in_english():
    use_language("en")
    yield
    use_language("en")


def shown(**params):
    panel = raft_scenario_panel(**params)
    assert "error" not in panel.view, panel.view
    return panel


@pytest.mark.parametrize("slow_s", ["1", "2", "3", "5"])
def test_b_is_elected_in_the_second_that_the_exercise_asks_for(slow_s):
    trace = shown(slow_s=slow_s).trace
    leads = [t for t in range(15) if leaders_at(trace, t + 1 / 2)]
    assert (leads[0] if leads else "never") == answer_key()["first_leader"]["elected_s"][int(slow_s)]


def test_the_seed_draws_other_timeouts_and_every_run_is_one_of_the_story():
    outages = {outage_of(shown(seed=seed, e_votes="C").trace) for seed in range(12)}
    assert len(outages) > 1 and outages <= all_runs().outages()


@pytest.mark.parametrize(
    ("params", "answer"), [({}, "B"), ({"d_votes": "C", "e_votes": "C"}, "C"), ({"e_votes": "C"}, "nobody")]
)
def test_the_question_is_answered_from_the_run(params, answer):
    panel = shown(**params)
    assert panel.view["answers"]["main"]["answer"] == answer
    assert answer in [option["value"] for option in panel.spec["question"]["options"]]


@pytest.mark.parametrize("number", range(3))
def test_every_scenario_runs_and_says_what_to_watch_for(number):
    chosen = raft_scenario_panel().spec["presets"][number]
    assert chosen["watch"]
    assert len(shown(**chosen["params"]).trace) > 50


def test_faults_may_be_added_to_those_of_the_story():
    panel = shown(faults=[crash("B", 12)])
    assert leaders_at(panel.trace, 20.5) == []
    assert panel.view["answers"]["main"]["answer"] == "nobody"
    assert "B is down" in panel.view["summary"]
    assert panel.trace.end_s > END_S


def test_it_counts_no_seconds_without_service_for_the_learner():
    assert not shown().view.get("numbers")


def test_a_value_of_l_that_is_not_open_is_refused():
    with pytest.raises(ValueError, match="slow_s"):
        raft_scenario_panel(slow_s="4")


def test_it_speaks_russian():
    use_language("ru")
    assert "Разрыв длится с 15-й по 25-ю секунду" in shown().view["summary"]
