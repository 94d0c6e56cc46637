"""More answers than there are copies."""

CHECK = "cap_strategy.files"
REPLACE = [('"files": {"copies": ["eu"]', '"files": {"copies": ["eu"], "read": 2')]
