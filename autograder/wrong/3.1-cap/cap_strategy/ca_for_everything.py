"""CA, as if there were no partitions to reckon with: one region each."""

CHECK = "cap_strategy.results"

CAP_STRATEGY = {
    **{
        kind: {"copies": ["eu"], "merge": "none"}
        for kind in ("position", "score", "trade", "files", "pages", "takedowns")
    },
    **{kind: {"copies": ["city"], "merge": "none"} for kind in ("allergies", "results", "dispensing")},
}
