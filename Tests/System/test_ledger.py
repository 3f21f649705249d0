"""The ledger finds every loss and every invention, or the tests that lean on it prove nothing."""

import pytest

from ledger import Ledger
from raw_http import Response

OK = Response(204, [("ETag", '"1.7"')])
REFUSED = Response(507, [])


@pytest.fixture
def ledger():
    return Ledger()


def acknowledged(ledger, key, answer=OK):
    operation = ledger.put(key, writer=1)
    ledger.answered(operation, answer)
    return operation.value


def test_an_acknowledged_write_must_be_there(ledger):
    value = acknowledged(ledger, "a")
    assert not ledger.violations({"a": value})
    assert ledger.violations({"a": None})


def test_an_older_value_is_a_loss(ledger):
    older = acknowledged(ledger, "a")
    acknowledged(ledger, "a")
    assert ledger.violations({"a": older})


def test_a_write_without_an_answer_may_be_there_or_not(ledger):
    before = acknowledged(ledger, "a")
    open_write = ledger.put("a", writer=1)
    ledger.fault()
    assert not ledger.violations({"a": before})
    assert not ledger.violations({"a": open_write.value})


def test_what_was_unknown_and_then_seen_may_not_vanish(ledger):
    open_write = ledger.put("a", writer=1)
    ledger.fault()
    ledger.settle({"a": open_write.value})
    assert ledger.violations({"a": None})


def test_what_a_reader_saw_may_not_vanish(ledger):
    open_write = ledger.put("a", writer=1)
    ledger.saw("a", open_write.value, ended=open_write.began + 1)
    ledger.fault()
    assert ledger.violations({"a": None})


def test_a_refused_write_and_one_never_sent_are_inventions(ledger):
    refused = acknowledged(ledger, "a", REFUSED)
    assert ledger.violations({"a": refused})
    assert ledger.violations({"a": b"<9.9>"})
    assert not ledger.violations({"a": None})


def test_a_deletion_may_not_be_undone(ledger):
    value = acknowledged(ledger, "a")
    ledger.answered(ledger.delete("a"), Response(204, []))
    assert ledger.violations({"a": value})
    assert not ledger.violations({"a": None})


def test_pieces_must_be_whole_once_and_in_order(ledger):
    pieces = [ledger.add("a", writer=1) for _ in range(3)]
    for piece in pieces:
        ledger.answered(piece, OK)
    first, second, third = (piece.value for piece in pieces)
    assert not ledger.violations({"a": first + second + third})
    for wrong in (first + third, first + second + third + third, first + second + third[:-1], b""):
        assert ledger.violations({"a": wrong}), wrong


def test_pieces_of_one_writer_keep_their_order(ledger):
    first = ledger.add("a", writer=1)
    ledger.answered(first, OK)
    second = ledger.add("a", writer=1)
    ledger.answered(second, OK)
    assert ledger.violations({"a": second.value + first.value})


def test_a_burst_has_no_hole(ledger):
    burst = [ledger.put(key, writer=1) for key in "abc"]
    ledger.bursts.append(burst)
    ledger.fault()
    a, b, c = (one.value for one in burst)
    assert not ledger.violations({"a": a, "b": b, "c": None})
    assert ledger.violations({"a": a, "b": None, "c": c})


def test_a_prefix_of_the_log_is_told_from_a_selection(ledger):
    values = [acknowledged(ledger, key, Response(204, [("ETag", f'"1.{n}"')])) for n, key in enumerate("abc", 1)]
    a, b, c = values
    assert ledger.prefix_violation({"a": a, "b": b, "c": None}) is None
    assert ledger.prefix_violation({"a": None, "b": None, "c": None}) is None
    assert ledger.prefix_violation({"a": a, "b": None, "c": c})


def test_answers_say_what_became_of_a_write():
    unavailable = [("Content-Type", "application/problem+json")]
    body = b'{"type": "urn:nuthatch:problem:unavailable", "status": 503, "applied": %s}'
    assert Ledger().answered(Ledger().put("a", 1), Response(202, [])) == "unknown"
    assert Ledger().answered(Ledger().put("a", 1), Response(503, unavailable, body % b"false")) == "fail"
    assert Ledger().answered(Ledger().put("a", 1), Response(503, unavailable, body % b'"unknown"')) == "unknown"
    assert Ledger().answered(Ledger().put("a", 1), Response(412, [])) == "fail"
