"""Retries everything that S3 says: wrong credentials stay wrong ten times."""

CHECK = "retry.s3_server"
REPLACE = [
    ('return error.status in (429, 500, 502, 503, 504) or error.code == "RequestTimeout"', "return True"),
]
