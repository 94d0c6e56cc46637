"""S3 says RequestTimeout with status 400, so "no 4xx is retried" misses it."""

CHECK = "retry.s3_errors"
REPLACE = [
    (' or error.code == "RequestTimeout"', ""),
]
