"""Forgets to say which pool serves the admin page."""

CHECK = "bulkhead.budget"
REPLACE = [(', "admin": "admin"}', "}")]
