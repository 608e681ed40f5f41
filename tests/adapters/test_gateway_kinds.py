"""What each refusal of the further doors is told as: by call and code, over the wire, whatever the status."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from desktopauth.adapters.gateway import SupabaseGateway
from desktopauth.adapters.pool import Pool
from desktopauth.core.errors import AuthError, ErrorKind, Outcome, kind_of
from desktopauth.core.models import UserChange
from tests.adapters.gateway_verbs import CHALLENGE, MAIL, gateway
from tests.scenario import Run
from tests.scripted_server import Reply, scripted_server

Use = Callable[[SupabaseGateway], Awaitable[object]]
CALLS: dict[str, Use] = {
    "authorize": lambda g: g.authorize("github", redirect_to="x", challenge=CHALLENGE, scopes="", options={}),
    "exchange": lambda g: g.exchange("the-code", "the-verifier"),
    "reauthenticate": lambda g: g.reauthenticate("hers"),
    "recover": lambda g: g.recover(MAIL),
    "send_code": lambda g: g.send_code(MAIL, create=True),
    "sign_in_with_id_token": lambda g: g.sign_in_with_id_token("google", "a.b.c"),
    "update_user": lambda g: g.update_user("hers", UserChange(password="a new one", email="grace@example.com")),
    "verify": lambda g: g.verify(MAIL, "123456", "recovery"),
}
KINDS = [
    ("authorize", 400, "validation_failed", ErrorKind.PROVIDER_OFF),
    ("authorize", 400, "oauth_provider_not_supported", ErrorKind.PROVIDER_OFF),
    ("authorize", 400, "provider_disabled", ErrorKind.PROVIDER_OFF),
    ("authorize", 404, "custom_provider_not_found", ErrorKind.PROVIDER_OFF),
    ("exchange", 404, "flow_state_not_found", ErrorKind.BROWSER_STALE),
    ("exchange", 422, "flow_state_expired", ErrorKind.BROWSER_STALE),
    ("exchange", 400, "flow_state_already_used", ErrorKind.BROWSER_STALE),
    ("exchange", 400, "bad_code_verifier", ErrorKind.BROWSER_STALE),
    ("exchange", 400, "invalid_credentials", ErrorKind.PROVIDER_OFF),
    ("exchange", 400, "validation_failed", ErrorKind.REFUSED),
    ("exchange", 403, "user_banned", ErrorKind.USER_BANNED),
    ("exchange", 422, "hook_timeout", ErrorKind.SERVER),
    ("sign_in_with_id_token", 400, "provider_disabled", ErrorKind.PROVIDER_OFF),
    ("sign_in_with_id_token", 400, "invalid_credentials", ErrorKind.PROVIDER_OFF),
    ("sign_in_with_id_token", 400, "validation_failed", ErrorKind.REFUSED),
    ("sign_in_with_id_token", 400, "invalid nonce", ErrorKind.REFUSED),
    ("sign_in_with_id_token", 422, "provider_email_needs_verification", ErrorKind.PROVIDER_UNVERIFIED),
    ("send_code", 400, "captcha_failed", ErrorKind.CAPTCHA_WANTED),
    ("send_code", 400, "email_address_invalid", ErrorKind.INVALID_EMAIL),
    ("send_code", 400, "phone_provider_disabled", ErrorKind.PROVIDER_OFF),
    ("send_code", 422, "email_provider_disabled", ErrorKind.PROVIDER_OFF),
    ("recover", 422, "email_provider_disabled", ErrorKind.PROVIDER_OFF),
    ("send_code", 422, "otp_disabled", ErrorKind.SIGN_UP_CLOSED),
    ("send_code", 422, "signup_disabled", ErrorKind.SIGN_UP_CLOSED),
    ("send_code", 422, "sms_send_failed", ErrorKind.SERVER),
    ("send_code", 429, "over_sms_send_rate_limit", ErrorKind.RATE_LIMITED),
    ("send_code", 429, "over_email_send_rate_limit", ErrorKind.RATE_LIMITED),
    ("recover", 400, "validation_failed", ErrorKind.INVALID_EMAIL),
    ("recover", 400, "captcha_failed", ErrorKind.CAPTCHA_WANTED),
    ("verify", 403, "otp_expired", ErrorKind.CODE_REFUSED),
    ("verify", 403, "user_banned", ErrorKind.USER_BANNED),
    ("update_user", 400, "current_password_required", ErrorKind.CURRENT_PASSWORD_WANTED),
    ("update_user", 400, "current_password_invalid", ErrorKind.CURRENT_PASSWORD_WRONG),
    ("update_user", 400, "reauthentication_needed", ErrorKind.REAUTHENTICATION_WANTED),
    ("update_user", 422, "reauthentication_not_valid", ErrorKind.CODE_REFUSED),
    ("update_user", 422, "same_password", ErrorKind.SAME_PASSWORD),
    ("update_user", 422, "email_exists", ErrorKind.USER_EXISTS),
    ("update_user", 422, "phone_exists", ErrorKind.USER_EXISTS),
    ("update_user", 403, "session_not_found", ErrorKind.REFUSED),  # a refresh finds out whether it really is
    ("update_user", 403, "bad_jwt", ErrorKind.REFUSED),
    ("update_user", 401, "insufficient_aal", ErrorKind.REFUSED),
    ("reauthenticate", 429, "over_email_send_rate_limit", ErrorKind.RATE_LIMITED),
]


@pytest.mark.parametrize(("call", "status", "code", "kind"), KINDS)
def test_a_refusal_is_told_by_call_and_code(run: Run, call: str, status: int, code: str, kind: ErrorKind) -> None:
    shape = {"error": code, "error_description": "no"} if " " in code else {"code": code, "message": "no"}

    async def scenario() -> None:
        pool = Pool(server.url)
        with pytest.raises(AuthError) as caught:
            await CALLS[call](gateway(server.url, pool))
        found = caught.value.problem
        assert (found.kind, found.call, found.status, found.code) == (kind, call, status, code)
        assert found.outcome is Outcome.REFUSED
        await pool.aclose()

    with scripted_server() as server:
        server.play(Reply(status, shape))
        run(scenario)
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("bad_oauth_callback", ErrorKind.BROWSER_STALE),
        ("bad_oauth_state", ErrorKind.BROWSER_STALE),
        ("flow_state_expired", ErrorKind.BROWSER_STALE),
        ("identity_already_exists", ErrorKind.IDENTITY_TAKEN),
        ("oauth_client_state_expired", ErrorKind.BROWSER_STALE),
        ("provider_email_needs_verification", ErrorKind.PROVIDER_UNVERIFIED),
        ("signup_disabled", ErrorKind.SIGN_UP_CLOSED),
        ("user_banned", ErrorKind.USER_BANNED),
        ("validation_failed", ErrorKind.REFUSED),
    ],
)
def test_what_a_redirect_says_has_no_status_and_is_told_all_the_same(code: str, kind: ErrorKind) -> None:
    assert kind_of("redirect", 0, code) is kind
