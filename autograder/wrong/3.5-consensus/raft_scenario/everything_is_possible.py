"""All names and all terms in every set: a net that is meant to catch the answer."""

CHECK = "*"

LATENCIES, TERMS = (1, 2, 3, 5), set(range(1, 10))
ALL = {"A", "B", "C", "D", "E", "nobody"}

PREDICTION = {
    "first_leader": {"at_14": ALL, "elected_s": dict.fromkeys(LATENCIES, 14)},
    "terms": {t: {"BC": TERMS, "DE": TERMS} for t in (9, 14, 24)},
    "split_brain": {
        "at_20": {"BC": {"B", "C", "nobody"}, "DE": {"D", "E", "nobody"}},
        "commits": 10,
        "steps_down_s": (0, 35),
    },
    "entry": {"holders_at_20": dict.fromkeys(LATENCIES, "ABCDE"), "committed_s": dict.fromkeys(LATENCIES, 24)},
    "electable": dict.fromkeys(LATENCIES, "ABCDE"),
    "next_leader": {"at_34": dict.fromkeys(LATENCIES, ALL), "terms_at_34": TERMS},
    "returner": {
        "starts_in_term": 3,
        "roles": {"follower", "candidate", "leader"},
        "terms_at_34": TERMS,
        "anns_entry": {"kept", "overwritten", "committed"},
    },
    "outage": {"total_s": (0, 35), "longest_s": (0, 35)},
}
