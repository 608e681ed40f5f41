"""What a browser brings back from a provider, as values, and the receiver that it is brought to, as a Protocol.

How a redirect is read is decided here, from its query alone, so that a socket and a pasted address are judged alike.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from urllib.parse import parse_qsl

from .errors import ErrorKind, Outcome, Problem, kind_of

# Seconds from the authorize request to the exchange; no server lets them be changed (supabase/auth,
# internal/conf/configuration.go).
LIFE = 300.0
_ERRORS = frozenset({"error", "error_code", "error_description"})
_TOKENS = frozenset({"access_token", "refresh_token", "id_token", "provider_token", "provider_refresh_token"})
_CODE = re.compile(r"[\x21-\x7e]{1,512}")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,63}")  # what error codes are made of; anything else may be anything
_MOST_FIELDS = 32
# Said without a code of the server's beside it: RFC 6749 §4.1.2.1, and what Apple and LinkedIn say instead.
_CANCELLED = frozenset({"access_denied", "user_cancelled_authorize", "user_cancelled_login"})
_TROUBLE = frozenset({"server_error", "temporarily_unavailable"})
# What comes with a 5xx otherwise (supabase/auth, internal/api/apierrors/errorcode.go); a redirect has no status.
_TROUBLE_CODES = frozenset({"unexpected_failure", "request_timeout", "hook_timeout", "hook_timeout_after_retry"})


@dataclass(frozen=True, slots=True)
class Granted:
    """The provider said yes; ``code`` is for one exchange."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Denied:
    """Somebody said no at the provider: mostly the person themselves, by its Cancel."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Provider or server could not do it, for this reason."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class TimedOut:
    """Nothing came in time: the tab was closed, or the server does not allow this redirect and went to its own site."""


Redirected = Granted | Denied | Failed | TimedOut


class Verdict(StrEnum):
    """What came of it in the end: what the page in the browser tells."""

    SIGNED_IN = "signed_in"
    DENIED = "denied"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    ABANDONED = "abandoned"  # the app was ended, or went on to something else


class Receiver(Protocol):
    """Waits for the browser of one attempt; what comes first counts, and whatever comes after changes nothing."""

    @property
    def address(self) -> str:
        """Where the provider is to send the browser in the end. Secret: it holds the path and the state."""

    async def wait(self, deadline: float) -> Redirected:
        """What came back, or TimedOut at ``deadline`` (seconds since the epoch): LIFE after the authorize request."""

    def accept(self, address: str) -> bool:
        """The same by hand: the address that a browser ended at elsewhere. False: it is not one of this attempt."""

    def settle(self, verdict: Verdict) -> None:
        """Tell the page in the browser what came of it. The first verdict stays."""


def read_redirect(query: str, state: str) -> Redirected | None:
    """What the query of a redirect says; None if it is not the server's answer to the attempt with this ``state``.

    With any of ``error``, ``error_code``, ``error_description`` it is a failure, told by the second: the first follows
    the status (supabase/auth, internal/api/external.go). Tokens in a query are never taken (RFC 9700 §2.1.2).
    """
    said = _fields(query)
    if said is None or not _same(said.get("state", ""), state) or said.keys() & _TOKENS:
        return None
    if said.keys() & _ERRORS:
        return _refusal(said)
    return Granted(said["code"]) if _CODE.fullmatch(said.get("code", "")) else None


def _fields(query: str) -> Mapping[str, str] | None:
    """The query's fields; None where one comes twice, as then two readers could read two things."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None
    found = dict(pairs)
    return found if len(found) == len(pairs) else None


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())


def _refusal(said: Mapping[str, str]) -> Denied | Failed:
    code, word = _word(said.get("error_code", "")), _word(said.get("error", ""))
    if not code and word in _CANCELLED:
        return Denied()
    passing = code in _TROUBLE_CODES or (not code and word in _TROUBLE)
    kind = ErrorKind.SERVER if passing else kind_of("redirect", 0, code)
    return Failed(Problem(kind, "redirect", Outcome.REFUSED, 0, code or word))


def _word(text: str) -> str:
    return text if _WORD.fullmatch(text) else ""
