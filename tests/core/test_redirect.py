"""A redirect is read from its query alone: with the right state, once each, and never as more than it says."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktopauth.core.errors import ErrorKind
from desktopauth.core.redirect import Denied, Failed, Granted, Redirected, read_redirect
from tests.canary import Canary

STATE = "the-state"


def read(**fields: str) -> Redirected | None:
    return read_redirect(urlencode({"state": STATE, **fields}), STATE)


def told(**fields: str) -> tuple[str, str]:
    found = read(**fields)
    assert isinstance(found, Failed)
    return found.problem.kind, found.problem.code


def test_a_code_with_the_state_is_granted() -> None:
    assert read(code="c0de", sb="") == Granted("c0de")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=c0de",
        "state=&code=c0de",
        "state=the-statE&code=c0de",
        "state=the-state%00&code=c0de",
        "state=the-state&state=the-state&code=c0de",
        "state=the-state&state=other&code=c0de",
        "state=the-state&code=c0de&code=c0de",
        "state=the-state&code=c0de&code=other",
        "state=the-state",
        "state=the-state&code=",
        "state=the-state&code=a%20b",
        "state=the-state&code=a%0d%0ab",
        "state=the-state&code=%ff",
        "state=the-state&code=" + "c" * 513,
        "state=the-state&code=c0de&access_token=t",
        "state=the-state&code=c0de&refresh_token=t",
        "state=the-state&error=access_denied&access_token=t",
        "state=the-state&code=c0de&" + "&".join(f"x{n}=" for n in range(40)),
        "error=access_denied",
        "state=other&error=access_denied",
        "state=\ud800&code=c0de",
    ],
)
def test_anything_else_is_not_the_servers_answer(query: str) -> None:
    assert read_redirect(query, STATE) is None


@pytest.mark.parametrize("word", ["access_denied", "user_cancelled_authorize", "user_cancelled_login"])
def test_a_person_who_says_no_at_the_provider_is_no_error(word: str) -> None:
    assert read(error=word, error_description="The user has denied your application access.") == Denied()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"error": "access_denied", "error_code": "signup_disabled"}, (ErrorKind.SIGN_UP_CLOSED, "signup_disabled")),
        ({"error": "access_denied", "error_code": "user_banned"}, (ErrorKind.USER_BANNED, "user_banned")),
        (
            {"error": "server_error", "error_code": "identity_already_exists"},
            ("identity_taken", "identity_already_exists"),
        ),
        ({"error": "server_error", "error_code": "unexpected_failure"}, (ErrorKind.SERVER, "unexpected_failure")),
        ({"error": "server_error"}, (ErrorKind.SERVER, "server_error")),
        ({"error": "temporarily_unavailable"}, (ErrorKind.SERVER, "temporarily_unavailable")),
        ({"error": "invalid_scope"}, (ErrorKind.REFUSED, "invalid_scope")),
        ({"error_code": "over_request_rate_limit"}, (ErrorKind.RATE_LIMITED, "over_request_rate_limit")),
        ({"error_description": "only words"}, (ErrorKind.REFUSED, "")),
        ({"error": ""}, (ErrorKind.REFUSED, "")),
    ],
)
def test_a_failure_is_told_by_the_servers_code(fields: dict[str, str], expected: tuple[str, str]) -> None:
    assert told(**fields) == expected


def test_words_in_another_encoding_hide_no_refusal() -> None:
    assert read_redirect(f"state={STATE}&error=access_denied&error_description=l%27acc%E8s", STATE) == Denied()


def test_a_code_beside_an_error_is_a_failure() -> None:
    assert told(code="c0de", error="server_error") == (ErrorKind.SERVER, "server_error")


@pytest.mark.parametrize("field", ["error", "error_code"])
@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "A", "x" * 65, "a b", "a\n", "1a", "\u202etxt"])
def test_no_text_from_the_query_is_kept(field: str, text: str) -> None:
    assert told(**{field: text, "error_description": text}) == (ErrorKind.REFUSED, "")


def test_no_code_is_in_a_repr(canary: Canary) -> None:
    code = canary.secret("code")
    assert repr(read(code=code)) == "Granted()"
    assert code not in repr(read(code=code, error_description=code))


@given(st.text(), st.text(min_size=1))
def test_any_text_is_read_without_raising(query: str, state: str) -> None:
    assert not isinstance(read_redirect(query, state + "\n"), Granted)
