"""One copy for each kind of data: the least that can be written down."""

CHECK = "*"

CAP_STRATEGY = {
    **{kind: {"copies": ["oce"]} for kind in ("position", "score", "trade", "files", "pages", "takedowns")},
    **{kind: {"copies": ["north"]} for kind in ("allergies", "results", "dispensing")},
}
