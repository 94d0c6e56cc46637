"""Textbook histories, and what the textbooks say of them.

Where a source gives only the order of each client, its clients run at the same pace here.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from faultlab.sim.history import (
    MODELS,
    Operation,
    Queue,
    Register,
    causal_memory,
    linearizable,
    monotonic_reads,
    monotonic_writes,
    read_your_writes,
    sequential,
    writes_follow_reads,
)

MW, MR = "monotonic writes", "monotonic reads"


def history_of(*sessions: str, pace_s: float = 2.0) -> list[Operation]:
    """Clients P1, P2, ... as papers write them: `w(x)1 r(y)0`, where 0 is the initial value (None in a history)."""
    history = []
    for number, session in enumerate(sessions, 1):
        for n, word in enumerate(session.split()):
            kind, key, value = word[0], word[2], int(word[4:])
            call, result = (("write", key, value), None) if kind == "w" else (("read", key), value or None)
            history.append(Operation(f"P{number}", call, result, pace_s * n, pace_s * n + 1))
    return history


def statuses(history: Sequence[Operation], *models: str) -> list[str]:
    return [MODELS[model](history).status for model in models]


# Herlihy and Wing, "Linearizability", ACM TOPLAS 12(3), 1990, figure 1: histories of a FIFO queue. (a) and (c) are
# acceptable, (b) and (d) are not. Events are numbered as in L. Hochstein's transcription (tla-linearizability).


def enqueue(client: str, item: str, called_s: float, returned_s: float | None) -> Operation:
    return Operation(client, ("enqueue", item), None, called_s, returned_s)


def dequeue(client: str, item: str, called_s: float, returned_s: float) -> Operation:
    return Operation(client, ("dequeue",), item, called_s, returned_s)


H1 = [
    enqueue("A", "x", 0, 3),
    enqueue("B", "y", 1, 2),
    dequeue("B", "x", 4, 5),
    dequeue("A", "y", 6, 7),
    enqueue("A", "z", 8, None),
]
H2 = [enqueue("A", "x", 0, 1), enqueue("B", "y", 2, 4), dequeue("A", "y", 3, 5)]
H3 = [enqueue("A", "x", 0, None), dequeue("B", "x", 1, 2)]
H4 = [enqueue("A", "x", 0, 2), enqueue("B", "y", 1, 3), dequeue("A", "y", 4, 6), dequeue("C", "y", 5, 7)]


@pytest.mark.parametrize(("history", "status"), [(H1, "ok"), (H2, "violated"), (H3, "ok"), (H4, "violated")])
def test_the_four_queues_of_herlihy_and_wing(history, status):
    assert linearizable(history, Queue()).status == status


def test_the_queues_fail_at_the_dequeue_that_comes_out_of_turn_or_twice():
    # x was in the queue before y was enqueued, and y left it first; without the clock that is fine.
    assert linearizable(H2, Queue()).operations == (2,)
    assert sequential(H2, Queue()).ok
    # y leaves the queue twice: no order at all helps.
    assert linearizable(H4, Queue()).operations == (3,)
    assert sequential(H4, Queue()).status == "violated"


# MIT 6.824, quiz 2 of 2017, section VII; the first tests of porcupine (A. Athalye) and the example of its README.


def register_calls(*calls: tuple) -> list[Operation]:
    return [
        Operation(f"c{n}", call, result, called_s, returned_s)
        for n, (call, result, called_s, returned_s) in enumerate(calls)
    ]


READ = ("read", "x")
QUIZ_OK = register_calls((("write", "x", 100), None, 0, 100), (READ, 100, 25, 75), (READ, 0, 30, 60))
QUIZ_BAD = register_calls((("write", "x", 200), None, 0, 100), (READ, 200, 10, 30), (READ, 0, 40, 90))
INSTANT_OK = register_calls(
    (("write", "x", 100), None, 0, 100), (READ, 100, 25, 75), (READ, 0, 30, 30), (READ, 0, 30, 30)
)
INSTANT_BAD = register_calls(
    (("write", "x", 200), None, 0, 100), (READ, 200, 10, 10), (READ, 200, 10, 10), (READ, 0, 40, 90)
)


@pytest.mark.parametrize(
    ("history", "status"),
    [(QUIZ_OK, "ok"), (QUIZ_BAD, "violated"), (INSTANT_OK, "ok"), (INSTANT_BAD, "violated")],
)
def test_the_registers_of_porcupine(history, status):
    verdict = linearizable(history, Register(0))
    assert verdict.status == status
    if status == "violated":
        assert verdict.operations == (len(history) - 1,)


# L. Lamport, "How to make a multiprocessor computer that correctly executes multiprocess programs", IEEE TC C-28(9),
# 1979: each process sets its flag and looks at the other's; both enter if neither sees the other.


def test_two_processes_that_miss_each_others_flag_are_not_sequentially_consistent_but_each_flag_is():
    history = history_of("w(x)1 r(y)0", "w(y)1 r(x)0")
    assert statuses(history, "linearizable", "sequential") == ["violated", "violated"]
    assert statuses(history, "causal memory", "causal convergence") == ["ok", "ok"]
    for key in "xy":  # sequential consistency is not compositional
        assert sequential([o for o in history if o.call[1] == key]).ok


def test_a_stale_read_is_sequentially_consistent_but_not_linearizable():
    """H. Attiya, J. Welch, ACM TOCS 12(2), 1994: the difference between the two is real time alone."""
    history = [
        Operation("P1", ("write", "x", 1), None, 0, 1),
        Operation("P2", ("read", "x"), None, 2, 3),
        Operation("P2", ("read", "x"), 1, 4, 5),
    ]
    verdict = linearizable(history)
    assert (verdict.status, verdict.operations) == ("violated", (1,))
    assert sequential(history).order == (1, 0, 2)


# A. Bouajjani, C. Enea, R. Guerraoui, J. Hamza, "On verifying causal consistency", POPL 2017, figure 2.

FIGURE_2 = {
    "a": (["w(x)1 r(x)2", "w(x)2 r(x)1"], {"CM": True, "CCv": False, "CC": True, "SC": False}),
    "b": (["w(z)1 w(x)1 w(y)1", "w(x)2 r(z)0 r(y)1 r(x)2"], {"CM": False, "CCv": True, "CC": True, "SC": False}),
    "c": (["w(x)1", "w(x)2 r(x)1 r(x)2"], {"CM": False, "CCv": False, "CC": True, "SC": False}),
    "d": (["w(x)1 r(y)0 w(y)1 r(x)1", "w(x)2 r(y)0 w(y)2 r(x)2"], {"CM": True, "CCv": True, "CC": True, "SC": False}),
    "e": (["w(x)1 w(y)1", "r(y)1 w(x)2", "r(x)2 r(x)1"], {"CM": False, "CCv": False, "CC": False, "SC": False}),
}
NAMES = {"CM": "causal memory", "CCv": "causal convergence", "CC": "causal", "SC": "sequential"}


@pytest.mark.parametrize("part", FIGURE_2)
def test_the_histories_of_figure_2_have_the_models_that_the_paper_gives_them(part):
    sessions, expected = FIGURE_2[part]
    history = history_of(*sessions)
    assert {name: MODELS[NAMES[name]](history).ok for name in expected} == expected


def test_figure_2_e_shows_the_bad_pattern_of_a_read_of_an_overwritten_value():
    verdict = MODELS["causal"](history_of(*FIGURE_2["e"][0]))
    assert verdict.pattern == "WriteCORead"
    assert verdict.operations == (5, 0, 3)  # r(x)1, w(x)1 and w(x)2 in between


# A. Tanenbaum, "Distributed Operating Systems", 1995, section 6.3, after P. Hutto and M. Ahamad (1990), and R. Lipton
# and J. Sandberg (1988): the figures that most lectures copy.


def test_concurrent_writes_seen_in_different_orders_are_causal_but_not_sequential():
    history = history_of("w(x)1 w(x)3", "r(x)1 w(x)2", "r(x)1 r(x)3 r(x)2", "r(x)1 r(x)2 r(x)3")
    assert statuses(history, "sequential", "causal memory", "causal", "PRAM") == ["violated", "ok", "ok", "ok"]
    assert MODELS["causal convergence"](history).pattern == "CyclicCF"


def test_writes_that_depend_on_each_other_seen_in_different_orders_are_pram_but_not_causal():
    history = history_of("w(x)1", "r(x)1 w(x)2", "r(x)2 r(x)1", "r(x)1 r(x)2")
    assert statuses(history, "sequential", "causal", "PRAM") == ["violated", "violated", "ok"]
    assert writes_follow_reads(history, given=[MR]).status == "violated"
    # Without the read that makes them depend it is causal again.
    assert causal_memory(history_of("w(x)1", "w(x)2", "r(x)2 r(x)1", "r(x)1 r(x)2")).ok


def test_independent_reads_of_independent_writes_may_disagree_under_every_causal_model():
    """IRIW; as transactions it is the long fork of Jepsen's workload of that name."""
    history = history_of("w(x)1", "w(y)1", "r(x)1 r(y)0", "r(y)1 r(x)0")
    expected = ["violated", "violated", "ok", "ok", "ok", "ok"]
    assert statuses(history, *list(MODELS)[:6]) == expected
    assert all(MODELS[name](history).ok for name in list(MODELS)[6:])


# D. Terry, A. Demers, K. Petersen, M. Spreitzer, M. Theimer, B. Welch, "Session guarantees for weakly consistent
# replicated data", PDIS 1994: one history for what each guarantee is for.


def test_a_user_whose_new_password_is_unknown_did_not_read_its_own_write():
    history = history_of("w(p)1 r(p)0")
    assert read_your_writes(history).status == "violated"
    assert monotonic_reads(history).ok and monotonic_writes(history).ok and writes_follow_reads(history).ok


def test_a_meeting_that_vanishes_from_a_calendar_breaks_monotonic_reads():
    history = history_of("w(m)1", "r(m)1 r(m)0")
    assert monotonic_reads(history).status == "violated"
    assert read_your_writes(history).ok and monotonic_writes(history).ok and writes_follow_reads(history).ok


def test_an_answer_without_its_question_breaks_writes_follow_reads_for_a_reader_that_never_goes_back():
    history = history_of("w(q)1", "r(q)1 w(a)1", "r(a)1 r(q)0")
    assert writes_follow_reads(history, given=[MR]).status == "violated"
    assert writes_follow_reads(history).pattern == "OneOf"  # the reader may have been moved to a server without both
    assert read_your_writes(history).ok and monotonic_writes(history).ok


def test_a_program_that_is_seen_before_the_library_it_needs_breaks_monotonic_writes_for_such_a_reader():
    history = history_of("w(l)1 w(p)1", "r(p)1 r(l)0")
    assert monotonic_writes(history, given=[MR]).status == "violated"
    assert monotonic_writes(history).pattern == "OneOf"
    assert read_your_writes(history).ok and writes_follow_reads(history).ok
