"""The template, with nothing filled in."""

CHECK = "*"

PREDICTION = {
    "first_leader": {"at_14": None, "elected_s": {1: None, 2: None, 3: None, 5: None}},
    "terms": {t: {"BC": None, "DE": None} for t in (9, 14, 24)},
    "split_brain": {"at_20": {"BC": None, "DE": None}, "commits": None, "steps_down_s": (None, None)},
    "entry": {"holders_at_20": dict.fromkeys((1, 2, 3, 5)), "committed_s": dict.fromkeys((1, 2, 3, 5))},
    "electable": dict.fromkeys((1, 2, 3, 5)),
    "next_leader": {"at_34": dict.fromkeys((1, 2, 3, 5)), "terms_at_34": None},
    "returner": {"starts_in_term": None, "roles": None, "terms_at_34": None, "anns_entry": None},
    "outage": {"total_s": (None, None), "longest_s": (None, None)},
}
