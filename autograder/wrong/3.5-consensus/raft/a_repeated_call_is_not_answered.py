"""A call is answered when it is carried out, and never again: whoever asks once more, because the answer was lost, asks
in vain."""

CHECK = "raft.sessions"
REPLACE = [
    (
        "            answer = self.apply(request, call)\n            if self.role == LEADER:",
        '            client, _, number = request.rpartition(".")\n'
        "            known = int(number) <= self.sessions.get(client, (0, None))[0]\n"
        "            answer = self.apply(request, call)\n            if self.role == LEADER and not known:",
    ),
]
