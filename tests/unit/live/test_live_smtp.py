"""The SMTP server refuses as its plan says; what nobody knows is told apart from what is safe to repeat."""

import pytest

from faultlab.errors import SMTPError
from faultlab.live import FaultProxy, SMTPServer

RECEIPT = "<receipt-7@shop.example>"


@pytest.fixture(scope="module")
def running():
    with SMTPServer() as server, FaultProxy(server) as proxy:
        yield server, proxy


@pytest.fixture
def mail(running):
    running[0].plan.set()
    running[0].mails.clear()
    return running[0]


@pytest.fixture
def proxy(mail, running):
    running[1].plan.set()
    running[1].records.clear()
    return running[1]


def outcome(operation, *args, **options):
    try:
        return operation(*args, **options)
    except SMTPError as error:
        return (error.code, error.stage)
    except OSError as error:
        return type(error)


def test_a_mail_is_accepted_once_and_counted_by_its_message_id(mail):
    assert mail.operation(RECEIPT) == 250
    assert (mail.accepted(RECEIPT), mail.duplicates) == (1, 0)


def test_sending_again_makes_a_duplicate(mail):
    mail.operation(RECEIPT)
    mail.operation(RECEIPT)
    mail.operation("<another@shop.example>")
    assert (mail.accepted(RECEIPT), mail.duplicates) == (2, 1)


@pytest.mark.parametrize("stage", ["connect", "rcpt", "data"])
@pytest.mark.parametrize("code", [421, 450, 451, 550, 554])
def test_a_refusal_names_its_code_and_its_stage_and_nothing_is_accepted(mail, stage, code):
    mail.plan.set([(stage, code)])
    assert outcome(mail.operation) == (code, stage)
    assert mail.mails == []
    assert mail.operation() == 250


def test_a_mail_whose_250_was_cut_is_accepted_once_and_retrying_makes_two(mail, proxy):
    proxy.plan.set(["lose_reply", "pass"])
    assert outcome(proxy.operation, RECEIPT) == (0, "after_data")
    assert mail.accepted(RECEIPT) == 1
    assert proxy.operation(RECEIPT) == 250
    assert mail.accepted(RECEIPT) == 2


def test_a_final_dot_that_never_arrived_looks_the_same_but_nothing_was_accepted(mail, proxy):
    proxy.plan.set(["lose_request"])
    assert outcome(proxy.operation, RECEIPT) == (0, "after_data")
    assert mail.accepted(RECEIPT) == 0


def test_silence_after_the_final_dot_is_ambiguous_too(mail, proxy):
    proxy.plan.set(["hang_reply"])
    assert outcome(proxy.operation, RECEIPT) == (0, "after_data")
    assert mail.accepted(RECEIPT) == 1


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("refuse", ConnectionRefusedError),
        ("reset", ConnectionResetError),
        ("hang", TimeoutError),
        (("cut_reply", 10), ConnectionResetError),
        (("cut_request", 3), ConnectionResetError),
    ],
)
def test_trouble_before_the_message_was_sent_is_the_connections_own_error(mail, proxy, step, error):
    proxy.plan.set([step])
    assert outcome(proxy.operation) is error
    assert mail.mails == []


def test_wherever_the_clients_bytes_are_cut_ambiguity_begins_with_the_message_itself(mail, proxy):
    proxy.operation()
    whole = proxy.records[-1].bytes_from_client - len("QUIT\r\n")
    seen = []
    for n in range(0, whole, 7):
        proxy.plan.set([("cut_request", n)])
        seen.append(outcome(proxy.operation, RECEIPT))
    assert mail.accepted(RECEIPT) == 0
    safe = seen.index((0, "after_data"))
    assert safe > 0
    assert seen == [ConnectionResetError] * safe + [(0, "after_data")] * (len(seen) - safe)


def test_wherever_the_servers_bytes_are_cut_a_mail_was_accepted_only_if_the_outcome_is_ambiguous(mail, proxy):
    proxy.operation()
    whole = proxy.records[-1].bytes_from_server - len("221 Bye\r\n")
    for n in range(0, whole, 5):
        mail.mails.clear()
        proxy.plan.set([("cut_reply", n)])
        found = outcome(proxy.operation, RECEIPT)
        assert (found, mail.accepted(RECEIPT)) in [(ConnectionResetError, 0), ((0, "after_data"), 1)]


def test_a_reply_made_up_by_the_proxy_is_a_refusal_like_any_other(mail, proxy):
    proxy.plan.set([("answer", "452 mailbox full\r\n")])
    assert outcome(proxy.operation) == (452, "data")
    assert mail.mails == []


def test_a_cut_farewell_changes_nothing(mail, proxy):
    proxy.operation()
    proxy.plan.set([("cut_request", proxy.records[-1].bytes_from_client - 2)])
    assert proxy.operation(RECEIPT) == 250
    assert mail.accepted(RECEIPT) == 1
