"""As few copies as will do, and caches elsewhere."""


def three(*copies, **more):
    return {"copies": list(copies), "read": 2, "write": 2, **more}


def local(*copies, **more):
    return {"copies": list(copies), "partition_read": "mark", "partition_write": "accept", **more}


CAP_STRATEGY = {
    "position": local("eu", "us", "asia", "oce", cache_s=0.5),
    "score": local("eu", "us", "asia", "oce", merge="counter", cache_s=1),
    "trade": three("us", "oce", "asia", merge="none", partition_read="mark"),
    "allergies": {**three("city", "west", "north"), **local("city", "west", "north", merge="set")},
    "results": local("city", "second", "west", "north", write=2, merge="set", cache_s=1),
    "dispensing": three("second", "west", "north", merge="none", partition_read="mark", stale_s=120),
    "files": local("us", "eu", write=2, cache_s=10**7),
    "pages": local("eu", "us", write=2, cache_s=20),
    "takedowns": local("us", merge="set", cache_s=15, stale_s=50),
}
