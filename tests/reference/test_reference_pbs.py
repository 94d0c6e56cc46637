"""Probabilistically bounded staleness, VLDB 2012: the formula of section 3.1, and the simulated reads of section 5."""

import pytest

from faultlab.models.pbs import PUBLISHED, consistent_at, k_staleness, trials, visible_after_ms


@pytest.mark.parametrize(("k", "fresh"), [(1, 0.333), (2, 0.556), (3, 0.704), (5, 0.868), (10, 0.983)])
def test_k_staleness_of_three_replicas_read_and_written_at_one(k, fresh):
    # Section 3.1: "the probability of returning a version within the last k", N=3, R=W=1.
    assert k_staleness(3, 1, 1, k) == pytest.approx(fresh, abs=0.0005)


def test_reads_right_after_the_acknowledgement_on_disks():
    # Section 5.6: with LNKD-DISK, N=3, R=W=1, 43.9 % of the reads are consistent right after the write commits. The
    # acknowledgement is the first to arrive at the coordinator.
    found = trials(PUBLISHED["LNKD-DISK"], 3, 1, 1, runs=40_000)
    assert 100 * consistent_at(found, 0.0) == pytest.approx(43.7, abs=1.0)


def test_solid_state_disks_are_consistent_nearly_at_once():
    # Section 5.6: LNKD-SSD, R=W=1: 97.4 % at once, over 99.999 % after five milliseconds.
    found = trials(PUBLISHED["LNKD-SSD"], 3, 1, 1, runs=40_000)
    assert 100 * consistent_at(found, 0.0) == pytest.approx(97.4, abs=1.0)
    assert consistent_at(found, 5.0) > 0.9995


def test_quorums_that_overlap_are_never_stale():
    for r, w in ((2, 2), (1, 3), (3, 1)):
        assert k_staleness(3, r, w) == 1.0
        assert visible_after_ms(trials(PUBLISHED["YMMR"], 3, r, w, runs=2_000), 1.0) == 0.0


def test_waiting_for_more_replicas_costs_time_and_buys_freshness():
    by = {(r, w): trials(PUBLISHED["LNKD-DISK"], 3, r, w, runs=5_000) for r, w in ((1, 1), (2, 1), (1, 2))}
    assert consistent_at(by[2, 1], 0) > consistent_at(by[1, 1], 0) < consistent_at(by[1, 2], 0)
    mean = {key: (sum(t.read_ms for t in found), sum(t.write_ms for t in found)) for key, found in by.items()}
    assert mean[2, 1][0] > mean[1, 1][0] and mean[1, 2][1] > mean[1, 1][1]


def test_freshness_only_grows_with_the_time_waited():
    found = trials(PUBLISHED["LNKD-DISK"], 3, 1, 1, runs=5_000)
    shares = [consistent_at(found, t) for t in (0, 1, 5, 20, 100)]
    assert shares == sorted(shares) and shares[-1] > 0.99
    assert consistent_at(found, visible_after_ms(found, 0.9)) >= 0.9


@pytest.mark.parametrize(("n", "r", "w"), [(3, 0, 1), (3, 1, 4)])
def test_quorums_that_do_not_fit_are_refused(n, r, w):
    with pytest.raises(ValueError, match="from 1 to 3"):
        k_staleness(n, r, w)
