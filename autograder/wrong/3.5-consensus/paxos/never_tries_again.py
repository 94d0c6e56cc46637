"""Sets no timer: a ballot that comes to nothing is the last."""

CHECK = "paxos.storm"
REPLACE = [
    (
        '        ctx.set_timer("retry", ctx.random.uniform(wait_s, 2 * wait_s))\n',
        "",
    ),
]
