"""Empty sets, no seconds, nobody ever: the least that can be written down."""

CHECK = "*"

LATENCIES = (1, 2, 3, 5)

PREDICTION = {
    "first_leader": {"at_14": set(), "elected_s": dict.fromkeys(LATENCIES, "never")},
    "terms": {t: {"BC": set(), "DE": set()} for t in (9, 14, 24)},
    "split_brain": {"at_20": {"BC": set(), "DE": set()}, "commits": 0, "steps_down_s": (0, 0)},
    "entry": {"holders_at_20": {s: set() for s in LATENCIES}, "committed_s": dict.fromkeys(LATENCIES, "never")},
    "electable": {s: set() for s in LATENCIES},
    "next_leader": {"at_34": {s: set() for s in LATENCIES}, "terms_at_34": set()},
    "returner": {"starts_in_term": 0, "roles": set(), "terms_at_34": set(), "anns_entry": set()},
    "outage": {"total_s": (0, 0), "longest_s": (0, 0)},
}
