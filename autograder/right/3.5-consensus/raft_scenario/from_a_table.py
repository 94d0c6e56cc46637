"""Read from a table of text: one line for each question."""

TABLE = """
first_leader at_14                B C nobody
first_leader elected_s 1          = 11
first_leader elected_s 2          = 12
first_leader elected_s 3          = 13
first_leader elected_s 5          = never
terms 9 BC                        4
terms 9 DE                        3
terms 14 BC                       4
terms 14 DE                       4
terms 24 BC                       4 5
terms 24 DE                       4 5
split_brain at_20 BC              nobody B C
split_brain at_20 DE              nobody
split_brain commits               = 0
split_brain steps_down_s          26..27
entry holders_at_20 1             B C D E
entry holders_at_20 2             B C D E
entry holders_at_20 3             B C
entry holders_at_20 5
entry committed_s 1               = 13
entry committed_s 2               = never
entry committed_s 3               = never
entry committed_s 5               = never
electable 1                       B C D E
electable 2                       B C D E
electable 3                       B C
electable 5                       B C D E
next_leader at_34 1               B D E nobody
next_leader at_34 2               B D E nobody
next_leader at_34 3               nobody
next_leader at_34 5               B C nobody
next_leader terms_at_34           4 5 6
returner starts_in_term           = 3
returner roles                    follower
returner terms_at_34              3 4 5 6
returner anns_entry               kept overwritten
outage total_s                    23..35
outage longest_s                  13..35
"""


def word(text):
    return int(text) if text.isdigit() else text


def value(text):
    if text.startswith("="):
        return word(text[1:].strip())
    if ".." in text:
        return tuple(map(word, text.split("..")))
    return {word(part) for part in text.split()}


PREDICTION = {}
for line in TABLE.strip().splitlines():
    place, text = line[:34].split(), line[34:]
    inner = PREDICTION
    for key in place[:-1]:
        inner = inner.setdefault(word(key), {})
    inner[word(place[-1])] = value(text)
