"""Answers and silences as values: what they tell, and what they never show."""

from __future__ import annotations

import itertools
import ssl
import traceback
from collections.abc import Mapping
from typing import Any

import pytest

from desktopauth.adapters.answers import Answer, read, server_time, silence
from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem

SECRET = "what-only-the-answer-knows"


def chained(*errors: Exception) -> Exception:
    for outer, inner in itertools.pairwise(errors):
        outer.__cause__ = inner
    return errors[0]


def kind_of_silence(error: Exception, outcome: Outcome = Outcome.UNREACHABLE) -> ErrorKind:
    with pytest.raises(AuthError) as caught:
        read("user", silence(error, outcome), dict)
    assert caught.value.problem.outcome is outcome
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
    assert kind_of_silence(ValueError("no"), Outcome.MISUSE) == ErrorKind.MISUSE


def test_what_broke_on_a_connection_that_stood_is_no_refused_certificate() -> None:
    refused = chained(OSError("outer"), ssl.SSLCertVerificationError("the client's own"))
    assert kind_of_silence(refused, Outcome.LOST) == ErrorKind.OFFLINE


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


PAGE = b"\n<!DOCTYPE html><title>Welcome"
HTML = {"content-type": "Text/HTML; charset=utf-8"}
PORTALS = {
    "a page by its type": Answer(200, HTML, b"Welcome to the hotel", 0.1),
    "a page by its looks": Answer(200, {}, PAGE, 0.1),
    "a page by its script": Answer(203, {}, b"<script>location = 'http://portal.example'</script>", 0.1),
    "a redirect away": Answer(302, {"location": "http://portal.example"}, b"", 0.1, away=True),
    "a redirect away with a page": Answer(307, HTML, PAGE, 0.1, away=True),
    "network authentication required": Answer(511, HTML, PAGE, 0.1),
    "network authentication required, in JSON": Answer(511, {}, b'{"user-portal-url": "http://portal.example"}', 0.1),
}
NO_PORTALS = {
    "a firewall's page": Answer(403, HTML, PAGE, 0.1),
    "a gateway's page": Answer(502, HTML, PAGE, 0.1),
    "nothing at all": Answer(200, HTML, b"", 0.1),
    "another text": Answer(200, {"content-type": "text/plain"}, b"<3", 0.1),
    "XML": Answer(200, {"content-type": "application/xml"}, b"<?xml version='1.0'?><error/>", 0.1),
    "a redirect within": Answer(302, {"location": "/elsewhere"}, b"", 0.1),
}


def problem_of(answer: Answer) -> Problem:
    with pytest.raises(AuthError) as caught:
        read("refresh", answer, dict)
    return caught.value.problem


@pytest.mark.parametrize("name", PORTALS)
def test_a_captive_portal_is_its_own_kind(name: str) -> None:
    found = problem_of(PORTALS[name])
    assert (found.kind, found.outcome) == (ErrorKind.CAPTIVE_PORTAL, Outcome.UNREADABLE)


@pytest.mark.parametrize("name", NO_PORTALS)
def test_what_else_is_no_answer_of_the_servers_is_no_portal(name: str) -> None:
    found = problem_of(NO_PORTALS[name])
    assert (found.kind, found.outcome) == (ErrorKind.SERVER, Outcome.UNREADABLE)


def test_a_limit_that_is_told_in_html_is_a_limit() -> None:
    found = problem_of(Answer(429, {**HTML, "retry-after": "20"}, PAGE, 0.1))
    assert (found.kind, found.outcome, found.retry_after) == (ErrorKind.RATE_LIMITED, Outcome.UNREADABLE, 20.0)


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
