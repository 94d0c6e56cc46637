"""The story of exercise 3.5 in the trace player: one run of it at a time.

    raft_scenario_panel()

1. The nodes and the times are those of `models/raft_scenario.py`. The controls choose what is open there: L, and whose
   request D and E handle first. The seed draws the timeouts.
2. It shows one run, and the exercise asks for what is possible in all of them: so it answers no question of the
   exercise by itself. Seconds without service it leaves to be counted.
3. The faults of the story are given; others can be added at the cursor.

Left out: orders of what falls into one second at one node, other than by the moment of sending.
"""

from __future__ import annotations

from collections.abc import Mapping

from faultlab.i18n import _
from faultlab.models.raft_scenario import (
    CUT_S,
    END_S,
    HEAL_S,
    HEARD_S,
    LATENCIES_S,
    NAMES,
    NOBODY,
    RETURN_S,
    Case,
    one_run,
)
from faultlab.sim.trace import Trace
from faultlab.widgets.panel import Json, choice, outcome, preset, question
from faultlab.widgets.player import PlayerPanel, Setup

CANDIDATES = ("B", "C")
ASKED_S = 20


def leaders_at(trace: Trace, at_s: float) -> list[str]:
    """Who leads at this moment."""
    return [name for name, fields in trace.at(at_s).items() if fields.get("role") == "leader"]


class RaftScenarioPanel(PlayerPanel):
    """What `raft_scenario_panel` opens."""

    topic = "player"
    first_fields = ("term", "role", "voted_for", "votes", "leader", "log", "commit_index")
    hide_after_s = float(HEARD_S)

    def describe(self) -> dict[str, Json]:
        first = [(name, name) for name in CANDIDATES]
        return {
            "title": _("A fails, B and C stand, the network is cut: one run of it"),
            "question": self._question(),
            "controls": [
                choice(
                    "slow_s",
                    _("L, seconds"),
                    str(LATENCIES_S[0]),
                    [(str(s), str(s)) for s in LATENCIES_S],
                    help=_("How long a message takes that is sent from 10 s on and before 15 s."),
                ),
                choice("d_votes", _("D hears first from"), "B", first),
                choice("e_votes", _("E hears first from"), "B", first),
            ],
            "presets": self._presets(),
        }

    def _question(self) -> dict[str, Json]:
        options = [(NOBODY, _("nobody")), ("B", "B"), ("C", "C"), ("DE", _("D or E")), ("two", _("one on each side"))]
        return question(_("Who leads after the second {n} in this run, while the network is cut?", n=ASKED_S), options)

    def _presets(self) -> list[dict[str, Json]]:
        def one(name: str, label: str, watch: str, slow_s: int, votes: str) -> dict[str, Json]:
            return preset(name, label, watch, slow_s=str(slow_s), d_votes=votes[0], e_votes=votes[1])

        quick, slow = LATENCIES_S[0], LATENCIES_S[2]
        agreed = _("the same votes, later: what has reached D and E before the cut, and whom do they vote for next?")
        return [
            one("quick", _("One candidate, quick votes"), _("the first entry of term 4 and its commit."), quick, "BB"),
            one("slow", _("One candidate, slow votes"), agreed, slow, "BB"),
            one("shared", _("D and E disagree"), _("nobody wins: whose timer ends that, and when?"), quick, "BC"),
        ]

    def scenario(self, params: Mapping[str, Json]) -> Setup:
        nodes, scenario = one_run(Case(int(params["slow_s"]), params["d_votes"], params["e_votes"]), params["seed"])
        return Setup(nodes, scenario)

    def answers(self, trace: Trace, params: Mapping[str, Json]) -> Mapping[str, Mapping[str, str]]:
        leaders = leaders_at(trace, ASKED_S + 1 / 2)
        if not leaders:
            return {"main": outcome(NOBODY, _("After the second {n} nobody leads.", n=ASKED_S))}
        answer = "two" if len(leaders) > 1 else leaders[0] if leaders[0] in CANDIDATES else "DE"
        terms = [trace.at(ASKED_S + 1 / 2)[name]["term"] for name in leaders]
        told = _("After the second {n} these nodes lead: {names}; terms: {terms}.", n=ASKED_S, names=", ".join(leaders),
                 terms=", ".join(map(str, terms)))  # fmt: skip
        return {"main": outcome(answer, told)}

    def extra(self, trace: Trace, params: Mapping[str, Json]) -> Mapping[str, Json]:
        times = _("The cut lasts from {a} to {b} s; A is back at {c} s.", a=CUT_S, b=HEAL_S, c=RETURN_S)
        ends = trace.at(END_S + 1 / 4)
        states = ", ".join(_state(name, ends[name]) for name in NAMES)
        return {"summary": f"{times} " + _("At the end: {states}.", states=states)}


def _state(name: str, fields: Mapping[str, Json]) -> str:
    words = {"leader": _("leader"), "candidate": _("candidate"), "follower": _("follower")}
    if fields.get("role") not in words:
        return _("{node} is down", node=name)
    return _("{node} {role} in term {term}", node=name, role=words[fields["role"]], term=fields["term"])


def raft_scenario_panel(**params: Json) -> RaftScenarioPanel:
    """Open the panel. `params` set the controls: `slow_s` ("1", "2", "3" or "5"), `d_votes` and `e_votes` ("B" or "C"),
    `seed`, `faults`. ValueError in one line for anything else."""
    return RaftScenarioPanel(**params)


__all__ = ["RaftScenarioPanel", "leaders_at", "raft_scenario_panel"]
