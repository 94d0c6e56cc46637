"""Consistency first: a doctor whose line is cut learns nothing about the patient."""

CHECK = "cap_strategy.allergies"
REPLACE = [
    (
        '"merge": "set",\n                  "partition_read": "mark"',
        '"merge": "set",\n                  "partition_read": "refuse"',
    ),
]
