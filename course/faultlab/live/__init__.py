"""Real servers on the loopback that fail on command, and a fault proxy that breaks the connection to any of them.

The rest of the package runs in virtual time. Here a policy meets real software: an HTTP server, an SMTP server
(aiosmtpd), an object store (moto), Redis, each on 127.0.0.1 and a free port, and their usual clients. Only the waits
between attempts stay on the virtual clock, so that a policy which waits 30 s is tested in milliseconds.

    with SMTPServer() as mail, FaultProxy(mail, plan=["lose_reply"]) as proxy:
        proxy.operation("<receipt-1@shop.example>")      # raises SMTPError(0, "after_data")
        mail.accepted("<receipt-1@shop.example>")        # 1: the mail was accepted all the same

`EtcdCluster` stands apart: three real members of a consensus protocol, to be killed and started again, without a plan.

Servers and proxy are context managers. Leaving one stops its threads and frees its port. Heavy libraries are imported
when a server starts, never by importing this package.
"""

from faultlab.live.etcd_cluster import EtcdCluster, EtcdError
from faultlab.live.etcd_run import Recording, failover_recording, failover_run
from faultlab.live.http_server import HTTPServer
from faultlab.live.proxy import FaultProxy
from faultlab.live.redis_server import RedisServer
from faultlab.live.s3_server import S3Server
from faultlab.live.server import PATIENCE_S, TIMEOUT_S, Plan
from faultlab.live.smtp_server import SMTPServer

__all__ = [
    "PATIENCE_S",
    "TIMEOUT_S",
    "EtcdCluster",
    "EtcdError",
    "FaultProxy",
    "HTTPServer",
    "Plan",
    "Recording",
    "RedisServer",
    "S3Server",
    "SMTPServer",
    "failover_recording",
    "failover_run",
]
