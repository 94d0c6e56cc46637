"""One request a second is not worth a pool: the admin page goes down with the API, when it is needed most."""

CHECK = "bulkhead.incident"
REPLACE = [('"admin": "admin"}', '"admin": "api"}')]
