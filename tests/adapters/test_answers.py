"""Answers and silences as values: what they tell, and what they never show."""

from __future__ import annotations

import itertools
import ssl
import traceback
from collections.abc import Mapping
from typing import Any

import pytest

from desktopauth.adapters.answers import Answer, read, server_time, silence
from desktopauth.core.errors import AuthError, ErrorKind, Outcome

SECRET = "what-only-the-answer-knows"


def chained(*errors: Exception) -> Exception:
    for outer, inner in itertools.pairwise(errors):
        outer.__cause__ = inner
    return errors[0]


def kind_of_silence(error: Exception, *, lost: bool = True) -> ErrorKind:
    with pytest.raises(AuthError) as caught:
        read("user", silence(error, lost=lost), dict)
    return caught.value.kind


def test_a_refused_certificate_is_found_at_the_end_of_the_chain() -> None:
    refused = chained(OSError("outer"), RuntimeError("between"), ssl.SSLCertVerificationError("self-signed"))
    assert kind_of_silence(refused) == ErrorKind.UNTRUSTED_CERTIFICATE


def test_a_certificate_in_the_context_counts_as_well() -> None:
    outer = OSError("outer")
    outer.__context__ = ssl.SSLCertVerificationError("self-signed")
    assert kind_of_silence(outer) == ErrorKind.UNTRUSTED_CERTIFICATE


def test_another_tls_failure_is_offline() -> None:
    assert kind_of_silence(chained(OSError("outer"), ssl.SSLError("wrong version number"))) == ErrorKind.OFFLINE


def test_a_chain_that_bites_its_tail_ends() -> None:
    one, two = OSError("one"), OSError("two")
    one.__cause__, two.__cause__ = two, one
    assert kind_of_silence(one) == ErrorKind.OFFLINE


def test_what_was_never_sent_is_misuse() -> None:
    assert kind_of_silence(ValueError("no")) == ErrorKind.OFFLINE
    assert kind_of_silence(ValueError("no"), lost=False) == ErrorKind.MISUSE


def test_an_answer_shows_neither_headers_nor_body() -> None:
    assert SECRET not in repr(Answer(200, {"location": SECRET}, SECRET.encode(), 0.1))


@pytest.mark.parametrize("error", [KeyError(SECRET), TypeError(SECRET), ValueError(SECRET), OverflowError(SECRET)])
def test_what_a_reader_trips_over_is_not_passed_on(error: Exception) -> None:
    def reader(_: Mapping[str, Any]) -> None:
        raise error

    with pytest.raises(AuthError) as caught:
        read("user", Answer(200, {}, b"{}", 0.1), reader)
    assert caught.value.problem.outcome == Outcome.UNREADABLE
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


def test_a_success_without_a_body_is_read_as_an_empty_object() -> None:
    assert read("sign_out", Answer(204, {}, b"", 0.1), dict) == {}


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Thu, 01 Jan 1970 00:01:00 GMT", 60.0),
        ("Thu, 01 Jan 1970 00:01:00 -0000", 60.0),
        ("Thursday, 01-Jan-70 00:01:00 GMT", 60.0),
        ("Thu, 99 Jan 1970 00:01:00 GMT", None),
        ("", None),
    ],
)
def test_the_date_of_an_answer_is_read_or_left(date: str, moment: float | None) -> None:
    assert server_time(Answer(200, {"date": date}, b"{}", 0.1)) == moment
