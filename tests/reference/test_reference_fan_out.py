"""What rare slow calls do to a request that needs many.

Source: J. Dean and L. A. Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013: with 100 servers of
which each is slow once in a hundred calls, 63 % of the requests are slow; with 2,000 and once in ten thousand, nearly
one in five.
"""

import pytest

from faultlab.models.timeouts import Latency, false_timeout_share, fan_out_share, timeout_for


@pytest.mark.parametrize(("slow_share", "calls", "expected"), [(0.01, 100, 0.634), (0.0001, 2000, 0.181)])
def test_rare_slow_calls_are_common_when_a_request_needs_many(slow_share, calls, expected):
    assert fan_out_share(slow_share, calls) == pytest.approx(expected, abs=5e-4)


def test_a_timeout_at_the_99th_percentile_hits_most_requests_of_a_hundred_calls():
    samples_s = Latency().samples(10_000)
    share = false_timeout_share(samples_s, timeout_for(samples_s, 0.01))
    assert fan_out_share(share, 100) == pytest.approx(0.634, abs=0.01)
