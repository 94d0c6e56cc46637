"""Worked out from the declared times, step by step, in place of literals."""

LATENCIES = (1, 2, 3, 5)
REQUESTS, CUT, HEAL, END = 10, 15, 25, 35
LEAST, MOST = 12, 15  # of an election timeout
NOBODY = {"nobody"}


def winner(d_votes, e_votes):
    """Who has three votes: its own, D's and E's."""
    return d_votes if d_votes == e_votes else "nobody"


def before_the_cut(second):
    return second if second < CUT else "never"


def terms(set_at, first_term, after):
    """The terms of a side without a leader, whose timers were set at this second and are set again as they run out."""
    possible = {first_term}
    if set_at + LEAST <= after:
        possible.add(first_term + 1)
    assert set_at + 2 * LEAST > after  # nobody has had time for another one
    return possible


elected = {s: before_the_cut(REQUESTS + s) for s in LATENCIES}
arrives = {s: "never" if elected[s] == "never" else before_the_cut(elected[s] + s) for s in LATENCIES}
committed = {s: "never" if arrives[s] == "never" else before_the_cut(arrives[s] + s) for s in LATENCIES}

holders = {}
for s in LATENCIES:
    if elected[s] == "never":
        holders[s] = set()
    else:
        holders[s] = {"B", "C"} if arrives[s] == "never" else {"B", "C", "D", "E"}

# Three votes are needed: with the entry on two logs, their owners alone can have them.
electable = {s: holders[s] if len(holders[s]) == 2 else {"B", "C", "D", "E"} for s in LATENCIES}
first = {winner(d, e) for d in "BC" for e in "BC"}

stands_again = HEAL + 1 + LEAST - 2
next_leader = {}
for s in LATENCIES:
    if arrives[s] != "never":
        next_leader[s] = {"B", "D", "E"} | NOBODY
    elif elected[s] != "never":
        assert stands_again > 34
        next_leader[s] = NOBODY
    else:
        next_leader[s] = {"B", "C"} | NOBODY

least_outage = min(c for c in committed.values() if c != "never")

PREDICTION = {
    "first_leader": {"at_14": first, "elected_s": elected},
    "terms": {
        9: {"BC": {4}, "DE": {3}},
        14: {"BC": {4}, "DE": {4}},
        24: {"BC": terms(5, 4, 24), "DE": terms(REQUESTS, 4, 24)},
    },
    "split_brain": {
        "at_20": {"BC": first, "DE": NOBODY},
        "commits": 0,
        "steps_down_s": (HEAL + 1, HEAL + 2),
    },
    "entry": {"holders_at_20": holders, "committed_s": committed},
    "electable": electable,
    "next_leader": {"at_34": next_leader, "terms_at_34": terms(5, 4, 24) | {6}},
    "returner": {
        "starts_in_term": 3,
        "roles": {"follower"},
        "terms_at_34": {3} | terms(5, 4, 24) | {6},
        "anns_entry": {"kept", "overwritten"},
    },
    "outage": {"total_s": (least_outage + HEAL - CUT, END), "longest_s": (max(least_outage, HEAL - CUT), END)},
}
