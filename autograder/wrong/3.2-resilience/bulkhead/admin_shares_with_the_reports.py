"""The two quiet functions share a pool: the admin page waits behind hanging reports."""

CHECK = "bulkhead.incident"
REPLACE = [('"admin": "admin"}', '"admin": "reports"}')]
