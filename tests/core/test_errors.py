"""What a refusal means is decided by the call and the code, never by the HTTP status alone."""

from __future__ import annotations

import pytest

from desktopauth.core.errors import ENDING_CODES, AuthError, ErrorKind, Problem, kind_of
from desktopauth.core.state import Reason

ENDS = [
    "refresh_token_already_used",
    "refresh_token_not_found",
    "session_expired",
    "session_not_found",
    "user_banned",
    "validation_failed",
]


@pytest.mark.parametrize(
    ("call", "status", "code", "kind"),
    [
        ("sign_in", 400, "invalid_credentials", ErrorKind.BAD_CREDENTIALS),
        ("sign_in", 400, "email_not_confirmed", ErrorKind.EMAIL_NOT_CONFIRMED),
        ("sign_in", 400, "user_banned", ErrorKind.USER_BANNED),
        ("sign_in", 422, "validation_failed", ErrorKind.REFUSED),
        ("sign_in", 400, "email_provider_disabled", ErrorKind.SIGN_UP_CLOSED),
        ("sign_up", 422, "user_already_exists", ErrorKind.USER_EXISTS),
        ("sign_up", 422, "email_exists", ErrorKind.USER_EXISTS),
        ("sign_up", 422, "signup_disabled", ErrorKind.SIGN_UP_CLOSED),
        ("sign_up", 422, "weak_password", ErrorKind.WEAK_PASSWORD),
        ("sign_up", 400, "validation_failed", ErrorKind.INVALID_EMAIL),
        ("sign_up", 400, "email_address_invalid", ErrorKind.INVALID_EMAIL),
        ("send_code", 400, "validation_failed", ErrorKind.INVALID_EMAIL),
        ("resend_confirmation", 400, "validation_failed", ErrorKind.INVALID_EMAIL),
        ("send_code", 422, "otp_disabled", ErrorKind.SIGN_UP_CLOSED),
        ("verify", 400, "validation_failed", ErrorKind.CODE_REFUSED),
        ("verify", 403, "otp_expired", ErrorKind.CODE_REFUSED),
        ("resend", 429, "over_email_send_rate_limit", ErrorKind.RATE_LIMITED),
        ("sign_in", 429, "over_request_rate_limit", ErrorKind.RATE_LIMITED),
        ("sign_in", 429, "", ErrorKind.RATE_LIMITED),
        ("sign_in", 401, "", ErrorKind.BAD_KEY),
        ("sign_in", 401, "no_authorization", ErrorKind.REFUSED),
        ("sign_in", 500, "unexpected_failure", ErrorKind.SERVER),
        ("sign_in", 503, "", ErrorKind.SERVER),
        ("sign_in", 418, "teapot", ErrorKind.REFUSED),
    ],
)
def test_the_kind_goes_by_call_and_code(call: str, status: int, code: str, kind: ErrorKind) -> None:
    assert kind_of(call, status, code) is kind


def test_the_allow_list_is_exactly_this_one() -> None:
    assert sorted(ENDING_CODES) == ENDS


@pytest.mark.parametrize("code", ENDS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_an_ending_code_ends_a_session_whatever_its_status(code: str, status: int) -> None:
    assert kind_of("refresh", status, code) is ErrorKind.SESSION_ENDED
    assert Reason(ENDING_CODES[code]) in {Reason.EXPIRED, Reason.REVOKED, Reason.BANNED}


@pytest.mark.parametrize("code", sorted(set(ENDS) - {"user_banned", "validation_failed"}))
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_in_trouble_ends_no_session_whatever_code_it_names(code: str, status: int) -> None:
    assert kind_of("refresh", status, code) is ErrorKind.SERVER


@pytest.mark.parametrize("code", ENDS)
@pytest.mark.parametrize("status", [200, 302, 500, 502, 503, 504])
def test_a_server_in_trouble_ends_no_session_whatever_it_says(code: str, status: int) -> None:
    assert kind_of("refresh", status, code) is not ErrorKind.SESSION_ENDED


@pytest.mark.parametrize("code", ENDS)
@pytest.mark.parametrize("call", ["sign_up", "sign_in", "verify", "resend", "send_code", "user", "sign_out"])
def test_no_other_call_ends_a_session(code: str, call: str) -> None:
    assert kind_of(call, 403, code) is not ErrorKind.SESSION_ENDED


@pytest.mark.parametrize("code", ["", "user_not_found", "bad_jwt", "conflict", "over_request_rate_limit", "unknown"])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 425, 429, 500, 502, 503, 504])
def test_no_other_answer_to_a_refresh_ends_a_session(code: str, status: int) -> None:
    assert kind_of("refresh", status, code) is not ErrorKind.SESSION_ENDED


def test_an_error_says_what_and_where() -> None:
    error = AuthError(Problem(ErrorKind.RATE_LIMITED, "resend", status=429, code="over_email_send_rate_limit"))
    assert error.kind is ErrorKind.RATE_LIMITED
    assert str(error) == "resend: rate_limited (429 over_email_send_rate_limit)"
    assert str(AuthError(Problem(ErrorKind.OFFLINE))) == "auth: offline (0 )"
