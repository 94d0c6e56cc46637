"""Lists and tuples in any order, names as texts, seconds as floats."""

PREDICTION = {
    "first_leader": {"at_14": "nobody, B, C", "elected_s": {1: 11.0, 2: 12.0, 3: 13.0, 5: "never"}},
    "terms": {
        9: {"BC": [4], "DE": [3]},
        14: {"BC": [4, 4], "DE": (4,)},
        24: {"BC": [5, 4], "DE": (4, 5)},
    },
    "split_brain": {
        "at_20": {"BC": ["C", "B", "nobody"], "DE": "nobody"},
        "commits": 0.0,
        "steps_down_s": [26, 27],
    },
    "entry": {
        "holders_at_20": {1: "EDCB", 2: "B C D E", 3: ["C", "B"], 5: []},
        "committed_s": {5: "never", 3: "never", 2: "never", 1: 13},
    },
    "electable": {1: ["B", "C", "D", "E"], 2: ("E", "D", "C", "B"), 3: "CB", 5: frozenset("BCDE")},
    "next_leader": {
        "at_34": {1: "BDE nobody", 2: ["nobody", "E", "D", "B"], 3: ["nobody"], 5: ("nobody", "C", "B")},
        "terms_at_34": [6, 5, 4],
    },
    "returner": {
        "starts_in_term": 3,
        "roles": ["follower"],
        "terms_at_34": list(range(3, 7)),
        "anns_entry": ("overwritten", "kept"),
    },
    "outage": {"total_s": [23, 35], "longest_s": [13, 35]},
}
