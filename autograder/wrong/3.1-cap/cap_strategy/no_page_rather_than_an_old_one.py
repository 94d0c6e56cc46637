"""An old front page is refused, and readers get an error."""

CHECK = "cap_strategy.pages"
REPLACE = [
    (
        '"pages": {"copies": ["eu"], "partition_read": "serve"',
        '"pages": {"copies": ["eu"], "partition_read": "refuse"',
    ),
]
