"""One plain sentence for everything that can go wrong."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from desktopauth.core.errors import ErrorKind, Problem, VaultProblem
from desktopauth.core.revocation import SignOutStatus
from desktopauth.core.state import Reason, SignedOut
from desktopauth.qt import messages
from desktopauth.qt.concerns import RANK, concern_sentence
from desktopauth.qt.messages import Place

EVERY = [
    *[messages.sentence(Problem(kind)) for kind in ErrorKind],
    *[messages.store_sentence(problem) for problem in VaultProblem],
    *[messages.unsaved_sentence(problem) for problem in VaultProblem],
    *[messages.reason_sentence(reason) for reason in Reason if reason is not Reason.NONE],
    *[concern_sentence(about) for about in RANK],
    *[messages.signed_out_sentence(SignedOut(unrevoked=True))],
    *[messages.others_sentence(status) for status in get_args(SignOutStatus) if status != "pending"],
    *[messages.everywhere_sentence(status) for status in get_args(SignOutStatus) if status != "pending"],
]
JARGON = re.compile(r"[_{}<>]|\b(token|JWT|HTTP|error|code \d|401|4\d\d|5\d\d|exception|invalid|null)\b", re.IGNORECASE)


@pytest.mark.parametrize("sentence", EVERY)
def test_it_is_a_sentence_in_plain_words(sentence: str) -> None:
    assert re.fullmatch(r"[A-Z].*[.]", sentence)
    assert not JARGON.search(sentence)
    assert len(sentence) < 160


def test_no_sentence_is_said_for_two_kinds_of_failure_that_ask_for_different_deeds() -> None:
    said = [messages.sentence(Problem(kind)) for kind in ErrorKind]
    assert len(set(said)) == len(said)


def test_nothing_is_said_where_nobody_was_signed_in_before() -> None:
    assert messages.reason_sentence(Reason.NONE) == ""


@pytest.mark.parametrize("kind", ErrorKind)
def test_every_problem_has_a_place(kind: ErrorKind) -> None:
    assert messages.place_of(Problem(kind)) in get_args(Place)


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "in a minute."), (0.0, "in a minute."), (0.4, "in 1 s."), (12.2, "in 13 s.")]
)
def test_a_pause_is_told_in_whole_seconds_that_are_never_too_few(seconds: float | None, words: str) -> None:
    assert messages.sentence(Problem(ErrorKind.RATE_LIMITED, retry_after=seconds)).endswith(words)


def test_a_weak_password_names_every_rule_it_breaks_and_no_rule_of_the_servers_own() -> None:
    weak = Problem(ErrorKind.WEAK_PASSWORD, reasons=("length", "pwned", "tomorrow's rule"))
    sentence = messages.sentence(weak)
    assert "make it longer" in sentence
    assert "leaked" in sentence
    assert "tomorrow" not in sentence


def test_what_is_not_saved_says_what_that_means() -> None:
    assert all("signed out when you quit" in messages.unsaved_sentence(problem) for problem in VaultProblem)
