"""Read and write quorums overlap, and takes this for linearizability: between the read and the write there is room
for another buyer.
"""

CHECK = "cap_strategy.trade"
REPLACE = [('"partition_write": "refuse", "merge": "none"', '"partition_write": "refuse", "merge": "last_writer"')]
