"""What can go wrong, as values: a kind that the window has a sentence for, never prose and never a secret.

    AuthError            raised by every command of ``Auth`` and every call of a gateway
    └─ .problem          Problem: kind, and where it came from (call, outcome, status, code)

The kind depends on (call, code), never on the HTTP status alone: the server uses one status for many causes, and one
code with many statuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What came of asking the server, before anybody interprets it."""

    REFUSED = "refused"  # an answer that says no, in a shape we know
    UNREACHABLE = "unreachable"  # the request never got there
    LOST = "lost"  # it was sent, and no whole answer came: the server may have done what was asked
    UNREADABLE = "unreadable"  # an answer that is not the server's: HTML, half a body, another shape
    MISUSE = "misuse"  # nothing was sent: a mistake of ours or of the configuration


NO_ANSWER = frozenset({Outcome.UNREACHABLE, Outcome.LOST})


class ErrorKind(StrEnum):
    """What a person can be told. One sentence each, in ``qt/messages.py``."""

    BAD_CREDENTIALS = "bad_credentials"
    BAD_KEY = "bad_key"
    BROWSER_DENIED = "browser_denied"  # somebody said no at the provider
    BROWSER_SILENT = "browser_silent"  # nothing came back in time
    BROWSER_STALE = "browser_stale"  # what came back is over: too late, redeemed before, or another attempt's
    BROWSER_UNAVAILABLE = "browser_unavailable"  # none could be opened; the address can be copied
    CANCELLED = "cancelled"  # the person, or a newer attempt
    CAPTCHA_WANTED = "captcha_wanted"
    CAPTIVE_PORTAL = "captive_portal"  # the network's own sign-in page stands in between
    CODE_REFUSED = "code_refused"
    CURRENT_PASSWORD_WANTED = "current_password_wanted"  # noqa: S105 - a name; the server asks for it beside the new one
    CURRENT_PASSWORD_WRONG = "current_password_wrong"  # noqa: S105 - a name
    EMAIL_NOT_CONFIRMED = "email_not_confirmed"
    IDENTITY_TAKEN = "identity_taken"  # this account of the provider belongs to somebody else here
    INVALID_EMAIL = "invalid_email"
    INVALID_PHONE = "invalid_phone"
    KEYRING_SILENT = "keyring_silent"  # it holds a newer session by another copy's hand, and does not give it
    LINK_LATE = "link_late"  # it has confirmed the address, and was followed too late to sign anybody in
    LINK_REFUSED = "link_refused"  # too late, used, or of an older mail
    LOOPBACK_UNAVAILABLE = "loopback_unavailable"  # no port on this machine for the browser to come back to
    MISUSE = "misuse"
    OFFLINE = "offline"
    PASSWORD_MISSING = "password_missing"  # noqa: S105 - a name
    PASSWORD_TOO_LONG = "password_too_long"  # noqa: S105 - a name
    PROVIDER_OFF = "provider_off"  # the project does not offer it
    PROVIDER_TOKEN_MISSING = "provider_token_missing"  # noqa: S105 - a name; to have one is to sign in there again
    PROVIDER_UNVERIFIED = "provider_unverified"  # the address has to be confirmed at the provider first
    RATE_LIMITED = "rate_limited"
    REAUTHENTICATION_WANTED = "reauthentication_wanted"  # a code by mail has to prove the person first
    REFUSED = "refused"
    SAME_PASSWORD = "same_password"  # noqa: S105 - a name
    SERVER = "server"
    SESSION_ENDED = "session_ended"
    SESSION_MISSING = "session_missing"  # nobody is signed in
    SIGN_UP_CLOSED = "sign_up_closed"
    TABLE_MISSING = "table_missing"
    UNTRUSTED_CERTIFICATE = "untrusted_certificate"
    USER_BANNED = "user_banned"
    USER_EXISTS = "user_exists"
    WEAK_PASSWORD = "weak_password"  # noqa: S105 - a name


class VaultProblem(StrEnum):
    """Why the keyring could not be read or written. None of these means "signed out"."""

    CORRUPT = "corrupt"  # there is something, and it cannot be read: left alone
    DENIED = "denied"  # the person or the system said no
    FULL = "full"  # it is there and did not take it: its disk or its store has no room
    LOCKED = "locked"
    OCCUPIED = "occupied"  # somebody else's session is stored: kept until the person says which one stays
    TOO_LARGE = "too_large"  # the session is larger than what this keyring takes
    UNAVAILABLE = "unavailable"  # no service, none that may be used, or it broke
    UNWANTED = "unwanted"  # the person wants to be forgotten when they quit
    WAITING = "waiting"  # no answer yet: a prompt is open, or the service is slow


@dataclass(frozen=True, slots=True)
class Problem:
    """One failure as a value.

    ``call`` is the gateway's verb, ``status`` the HTTP status (0 without an answer), ``code`` the server's error code,
    ``retry_after`` the seconds that the server asked for, ``reasons`` why a password is weak: ``length``,
    ``characters``, ``pwned``.
    """

    kind: ErrorKind
    call: str = ""
    outcome: Outcome = Outcome.REFUSED
    status: int = 0
    code: str = ""
    retry_after: float | None = None
    reasons: tuple[str, ...] = ()


class AuthError(Exception):
    """Something was asked for and did not happen; ``problem`` says what, without any secret."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.call or 'auth'}: {problem.kind} ({problem.status} {problem.code})")
        self.problem = problem

    @property
    def kind(self) -> ErrorKind:
        return self.problem.kind


def missing(call: str) -> AuthError:
    """Nobody is signed in, and the call is about whoever is."""
    return AuthError(Problem(ErrorKind.SESSION_MISSING, call, Outcome.MISUSE))


# The short allow-list: only these answers, and only to the refresh call, end a session (supabase/auth,
# internal/tokens/service.go). The value is what the person is told.
ENDING_CODES: Mapping[str, str] = {
    "refresh_token_already_used": "expired",
    "refresh_token_not_found": "revoked",
    "session_expired": "expired",
    "session_not_found": "revoked",
    "user_banned": "banned",
    "validation_failed": "expired",
}

# Said by any other call of a signed-in person, these are reason enough to ask the refresh call at once.
DOUBTS = frozenset({"session_not_found", "user_banned", "user_not_found"})

_KINDS: Mapping[str, ErrorKind] = {
    "bad_code_verifier": ErrorKind.BROWSER_STALE,
    "bad_oauth_callback": ErrorKind.BROWSER_STALE,
    "bad_oauth_state": ErrorKind.BROWSER_STALE,
    "captcha_failed": ErrorKind.CAPTCHA_WANTED,
    "current_password_invalid": ErrorKind.CURRENT_PASSWORD_WRONG,
    "current_password_required": ErrorKind.CURRENT_PASSWORD_WANTED,
    "custom_provider_not_found": ErrorKind.PROVIDER_OFF,
    "email_address_invalid": ErrorKind.INVALID_EMAIL,
    "email_exists": ErrorKind.USER_EXISTS,
    "email_not_confirmed": ErrorKind.EMAIL_NOT_CONFIRMED,
    "email_provider_disabled": ErrorKind.SIGN_UP_CLOSED,
    "flow_state_already_used": ErrorKind.BROWSER_STALE,
    "flow_state_expired": ErrorKind.BROWSER_STALE,
    "flow_state_not_found": ErrorKind.BROWSER_STALE,
    "hook_timeout": ErrorKind.SERVER,  # a 422 that says the same as a 504: the project's own hook did not answer
    "hook_timeout_after_retry": ErrorKind.SERVER,
    "identity_already_exists": ErrorKind.IDENTITY_TAKEN,
    "invalid_credentials": ErrorKind.BAD_CREDENTIALS,
    "invite_not_found": ErrorKind.BROWSER_STALE,
    "oauth_client_state_expired": ErrorKind.BROWSER_STALE,
    "oauth_client_state_not_found": ErrorKind.BROWSER_STALE,
    "oauth_invalid_state": ErrorKind.BROWSER_STALE,
    "oauth_provider_not_supported": ErrorKind.PROVIDER_OFF,
    "otp_disabled": ErrorKind.SIGN_UP_CLOSED,
    "otp_expired": ErrorKind.CODE_REFUSED,
    "over_email_send_rate_limit": ErrorKind.RATE_LIMITED,
    "over_request_rate_limit": ErrorKind.RATE_LIMITED,
    "over_sms_send_rate_limit": ErrorKind.RATE_LIMITED,
    "phone_exists": ErrorKind.USER_EXISTS,
    "phone_provider_disabled": ErrorKind.PROVIDER_OFF,
    "provider_disabled": ErrorKind.PROVIDER_OFF,
    "provider_email_needs_verification": ErrorKind.PROVIDER_UNVERIFIED,
    "reauthentication_needed": ErrorKind.REAUTHENTICATION_WANTED,
    "reauthentication_not_valid": ErrorKind.CODE_REFUSED,
    "same_password": ErrorKind.SAME_PASSWORD,
    "signup_disabled": ErrorKind.SIGN_UP_CLOSED,
    "sms_send_failed": ErrorKind.SERVER,  # a 422, and no fault of who asked
    "user_already_exists": ErrorKind.USER_EXISTS,
    "user_banned": ErrorKind.USER_BANNED,
    "weak_password": ErrorKind.WEAK_PASSWORD,
}
# What a code means in one call only. `validation_failed` says no more than that something in the request was wrong.
_KINDS_BY_CALL: Mapping[tuple[str, str], ErrorKind] = {
    ("authorize", "validation_failed"): ErrorKind.PROVIDER_OFF,
    # the server's word for a grant that it does not know (supabase/auth, internal/api/token.go)
    ("exchange", "invalid_credentials"): ErrorKind.PROVIDER_OFF,
    ("recover", "email_provider_disabled"): ErrorKind.PROVIDER_OFF,
    ("recover", "validation_failed"): ErrorKind.INVALID_EMAIL,
    ("resend_confirmation", "validation_failed"): ErrorKind.INVALID_EMAIL,
    ("send_code", "email_provider_disabled"): ErrorKind.PROVIDER_OFF,
    ("send_code", "validation_failed"): ErrorKind.INVALID_EMAIL,
    ("sign_in_with_id_token", "invalid_credentials"): ErrorKind.PROVIDER_OFF,
    ("sign_up", "validation_failed"): ErrorKind.INVALID_EMAIL,
    ("verify", "validation_failed"): ErrorKind.CODE_REFUSED,
}


def kind_of(call: str, status: int, code: str) -> ErrorKind:
    """The kind of a refusal by (call, code); the status decides only where the server named no code."""
    if call == "refresh" and code in ENDING_CODES and 400 <= status < 500:  # a 5xx is trouble, whatever it says
        return ErrorKind.SESSION_ENDED
    if found := _KINDS_BY_CALL.get((call, code)) or _KINDS.get(code):
        return found
    if status == 429:
        return ErrorKind.RATE_LIMITED
    if status == 401 and not code:  # the gateway in front of the server: "Invalid API key", "No API key found"
        return ErrorKind.BAD_KEY
    return ErrorKind.SERVER if status >= 500 else ErrorKind.REFUSED
