"""Messages of the Byzantine generals' algorithms, counted as they are sent.

Source: L. Lamport, R. Shostak, M. Pease, "The Byzantine Generals Problem", ACM TOPLAS 4(3), 1982. The paper says that
OM(m) sends (n - 1)(n - 2) ... (n - m - 1) messages; that is its last round. The totals follow from its recursion:
M(n, 0) = n - 1, M(n, m) = (n - 1)(1 + M(n - 1, m - 1)).
"""

import math

import pytest

from faultlab.models.generals import all_lies, messages, messages_of_last_round, opposite, oral, traitor_sets

# (n, m): all messages, and those of the last round.
COUNTS = {(4, 1): (9, 6), (7, 2): (156, 120), (10, 3): (3_609, 3_024)}


@pytest.mark.parametrize(("count", "m"), COUNTS)
def test_oral_messages_sends_as_many_messages_as_the_recurrence_says(count, m):
    outcome = oral(count, m)
    assert (outcome.messages, outcome.messages_of_round(m + 1)) == COUNTS[count, m]
    assert (messages(count, m), messages_of_last_round(count, m)) == COUNTS[count, m]


@pytest.mark.parametrize("count", range(2, 9))
def test_each_round_sends_a_falling_product_and_together_they_are_the_recurrence(count):
    for m in range(count - 1):
        outcome = oral(count, m)
        rounds = [outcome.messages_of_round(number) for number in range(1, m + 2)]
        assert rounds == [math.perm(count - 1, number) for number in range(1, m + 2)]
        assert outcome.messages == len(outcome.said) == sum(rounds) == messages(count, m)


def test_lies_change_no_count():
    for traitors in traitor_sets(7, 2):
        assert oral(7, 2, traitors, lies=opposite).messages == 156


def test_one_traitor_is_too_many_among_three_and_not_among_four():
    """Section 2 and theorem 1, by trying all lies."""
    assert all_lies(3, 1).failure is not None
    assert all_lies(4, 1).failure is None
