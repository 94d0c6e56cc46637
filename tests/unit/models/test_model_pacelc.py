"""Latency against staleness: what the distances say is what the runs measure, and the boxes are those of the rules."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from faultlab.models.pacelc import (
    ALL,
    ANSWER,
    LOCAL_MS,
    OWN,
    READ,
    REFUSE,
    REGIONS,
    ROUTES,
    SYSTEMS,
    WRITE,
    WRITES,
    Conditions,
    Design,
    Newest,
    answers_in_any_cut,
    fresh_by_design,
    leader_of,
    letters,
    nearest,
    one_way_ms,
    quantile,
    requests,
    side_of,
    simulate_design,
)

STILL = Conditions(jitter=0.0)
DESIGNS = [
    Design(route, "us", w, r, on_cut)
    for route, w, r, on_cut in product(ROUTES, range(1, 5), range(1, 5), (REFUSE, ANSWER))
    if route != ALL or r == 1
]


FEW = [design for design in DESIGNS if design.w in (1, 3) and design.r in (1, 2)]


def only(values):
    """The one value that all of these are, but for rounding."""
    assert max(values) - min(values) < 1e-6
    return values[0]


def test_distances_are_symmetric_and_everybody_is_nearest_to_itself():
    for one, other in product(REGIONS, repeat=2):
        assert one_way_ms(one, other) == one_way_ms(other, one)
    assert [nearest(name)[0] for name in REGIONS] == list(REGIONS)
    assert nearest("eu") == ["eu", "us", "asia", "oce"]


@pytest.mark.parametrize("w", range(1, 5))
def test_without_jitter_a_write_takes_the_way_to_its_farthest_needed_copy_and_back(w):
    run = simulate_design(Design(OWN, w=w), STILL)
    for region in REGIONS:
        far = 0 if w == 1 else one_way_ms(region, nearest(region)[w - 1])
        assert only(run.latencies_ms(WRITE, region)) == pytest.approx(2 * LOCAL_MS + 2 * far)


@pytest.mark.parametrize("r", range(1, 5))
def test_without_jitter_a_read_waits_for_its_farthest_needed_copy(r):
    run = simulate_design(Design(OWN, r=r), STILL)
    for region in REGIONS:
        far = 0 if r == 1 else one_way_ms(region, nearest(region)[r - 1])
        assert only(run.latencies_ms(READ, region)) == pytest.approx(2 * LOCAL_MS + 2 * far)


def test_through_a_leader_the_way_to_it_comes_on_top():
    run = simulate_design(Design(ALL, "us", w=3), STILL)
    third = one_way_ms("us", nearest("us")[2])
    for region in REGIONS:
        there = one_way_ms(region, "us")
        assert only(run.latencies_ms(READ, region)) == pytest.approx(2 * there)
        assert only(run.latencies_ms(WRITE, region)) == pytest.approx(2 * there + 2 * third)


@pytest.mark.parametrize(("seed", "batch_ms"), [(1, 300.0), (2, 0.0)])
def test_what_is_fresh_by_design_is_never_stale_without_a_cut(seed, batch_ms):
    conditions = Conditions(jitter=0.8, batch_ms=batch_ms, seed=seed)
    for design in DESIGNS:
        if fresh_by_design(design) and design.on_cut == REFUSE:
            assert simulate_design(design, conditions).stale() == 0, design


def test_what_is_not_fresh_by_design_is_stale_now_and_then():
    for w, r in ((1, 1), (1, 2), (2, 1), (2, 2), (1, 3), (3, 1)):
        assert 0 < simulate_design(Design(OWN, w=w, r=r), Conditions(batch_ms=300.0)).stale() < 1, (w, r)
    assert simulate_design(Design(WRITES), Conditions()).stale() > 0


def test_a_refusing_design_that_is_fresh_stays_fresh_in_a_cut():
    for cut, design in product(("us", "oce"), DESIGNS):
        if fresh_by_design(design) and design.on_cut == REFUSE and design.w >= 3:
            run = simulate_design(design, Conditions(cut=cut, batch_ms=300.0))
            assert run.stale() == 0 and run.refused() > 0, (cut, design)


def test_a_design_that_answers_in_any_cut_refuses_nothing_and_another_refuses_something():
    for design in FEW:
        refused = [simulate_design(design, Conditions(cut=cut)).refused() for cut in ("us", "asia")]
        assert (max(refused) == 0) == answers_in_any_cut(design), design


def test_without_a_cut_nothing_is_refused():
    assert all(simulate_design(design, Conditions()).refused() == 0 for design in FEW)


def test_two_leaders_make_stale_reads_of_what_was_fresh():
    design = Design(ALL, "us", 1, on_cut=ANSWER)
    assert simulate_design(design, Conditions()).stale() == 0
    assert simulate_design(design, Conditions(cut="us")).stale() > 0.1


def test_the_cut_off_copy_of_a_refusing_design_ages_for_as_long_as_the_cut_lasts():
    run = simulate_design(Design(WRITES, "us"), Conditions(cut="asia"))
    assert run.refused(WRITE, "asia") == 1 and run.refused(READ, "asia") == 0
    assert run.stale("asia") > 0.9 > run.stale("us") and run.ages_ms()[-1] > 50_000


def test_all_copies_or_none_means_none_in_a_cut():
    run = simulate_design(Design(OWN, w=4), Conditions(cut="oce"))
    assert run.refused(WRITE) == 1 and run.refused(READ) == 0 and run.mean_ms() is None


def test_clients_in_one_place_read_what_they_wrote():
    run = simulate_design(Design(OWN), Conditions(clients=("eu",)))
    assert run.stale() == 0 and {a.region for a in run.answers} == {"eu"}


def test_the_side_with_the_majority_has_a_leader_and_the_other_only_if_it_goes_on():
    assert side_of("eu", "us") == ("eu", "asia", "oce") and side_of("us", "us") == ("us",)
    strict, loose = Design(ALL, "us"), Design(ALL, "us", on_cut=ANSWER)
    assert [leader_of(name, strict, "us") for name in REGIONS] == ["asia", None, "asia", "asia"]
    assert [leader_of(name, loose, "us") for name in REGIONS] == ["asia", "us", "asia", "asia"]
    assert {leader_of(name, strict, None) for name in REGIONS} == {"us"}


def test_the_four_boxes_are_those_of_abadi():
    assert letters(Design(OWN)) == "PA/EL"
    assert letters(Design(OWN, w=3, r=2)) == letters(Design(ALL, w=3)) == "PC/EC"
    assert letters(Design(ALL, w=1, on_cut=ANSWER)) == "PA/EC"
    assert letters(Design(WRITES)) == letters(Design(OWN, w=2, r=2)) == "PC/EL"
    assert {letters(design) for design in DESIGNS} == set(SYSTEMS)


def test_another_design_gets_the_same_requests_and_another_seed_others():
    one, other = (simulate_design(Design(OWN, w=w), Conditions()) for w in (1, 3))
    assert [(a.region, a.kind) for a in one.answers] == [(a.region, a.kind) for a in other.answers]
    assert one.latencies_ms(READ) == other.latencies_ms(READ), "reads do not wait for writes"
    assert requests(REGIONS, 1) != requests(REGIONS, 2)
    assert simulate_design(Design(), STILL).answers == simulate_design(Design(), STILL).answers


def test_waiting_for_more_never_makes_a_write_shorter():
    for conditions in (Conditions(jitter=1.0), Conditions(jitter=1.0, cut="oce")):
        runs = [simulate_design(Design(OWN, w=w), conditions) for w in (1, 2, 3)]
        waits = [[answer.latency_ms for answer in run.of(WRITE, "eu")] for run in runs]
        assert all(a <= b <= c for a, b, c in zip(*waits, strict=True))


def test_later_batches_make_more_reads_stale():
    shares = [simulate_design(Design(), Conditions(batch_ms=ms)).stale() for ms in (0.0, 200.0, 1000.0)]
    assert shares == sorted(shares) and shares[0] < shares[-1]


def test_the_newest_stamp_is_that_of_all_that_counts_so_far():
    newest = Newest([(10.0, 3.0), (20.0, 2.0), (30.0, 5.0)])
    assert [newest.until(at) for at in (5.0, 10.0, 25.0, 30.0)] == [float("-inf"), 3.0, 3.0, 5.0]
    assert newest.first_above(2.5, 100.0) == 10.0 and newest.first_above(3.0, 100.0) == 30.0
    assert newest.first_above(3.0, 29.0) is None and newest.first_above(5.0, 100.0) is None


def test_a_quantile_is_the_nearest_rank():
    assert [quantile([1, 2, 3, 4], share) for share in (0.0, 0.25, 0.5, 0.99, 1.0)] == [1, 1, 2, 4, 4]
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)


def test_a_design_that_makes_no_sense_is_refused():
    for change in ({"w": 0}, {"r": 5}, {"route": "some"}, {"leader": "mars"}, {"on_cut": "guess"}):
        with pytest.raises(ValueError):
            replace(Design(), **change)
