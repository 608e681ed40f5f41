"""What came back over the wire, read into our own models or into one AuthError.

The outcome is a function of the wire alone: an SDK's own errors lose codes, and hold tokens.
"""

from __future__ import annotations

import json
import math
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn, TypeVar

from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem, kind_of

T = TypeVar("T")

# The server's own hint, as it sends no Retry-After itself (supabase/auth, internal/api/errors.go).
_AFTER = re.compile(r"\bafter (\d{1,6}) seconds?\b")
_HTML = re.compile(rb"\s*<(?:!doctype html|html|head|meta|script|body)\b", re.IGNORECASE)
# API version 2024-01-01 says code/message, older ones error_code/msg with a number as code, OAuth (RFC 6749 §5.2)
# error/error_description, and the key check in front of the server only message.
_CODES = ("code", "error_code", "error")
_INVALID = "validation_failed"
_WORDS = ("message", "msg", "error_description", *_CODES)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer: lower-case header names, the decoded body (None: it broke off), seconds until its head came.

    ``away``: it sends the client to another origin than the one that was asked.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    took: float
    away: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """No whole answer: ``outcome`` is UNREACHABLE, LOST or MISUSE, ``cause`` names the type of what went wrong.

    ``status`` is that of a success which broke off.
    """

    outcome: Outcome
    cause: str
    untrusted: bool = False
    status: int = 0


Heard = Answer | Silence


def silence(cause: Exception, outcome: Outcome, status: int = 0) -> Silence:
    """A request without an answer, by what was raised instead of one."""
    return Silence(outcome, type(cause).__name__, outcome is Outcome.UNREACHABLE and _untrusted(cause), status)


def read(call: str, heard: Heard, reader: Callable[[Mapping[str, Any]], T], invalid: ErrorKind | None = None) -> T:
    """What ``reader`` makes of the JSON object of a success (empty for 204). Raises AuthError for all else.

    ``invalid`` is the kind of `validation_failed`, where the call alone does not say what it means.
    """
    if isinstance(heard, Silence):
        raise AuthError(_unanswered(call, heard)) from None
    body = {} if heard.status == 204 else json_object(heard)
    if body is not None and 200 <= heard.status < 300:
        try:
            return reader(body)
        except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError):
            body = None  # the reader knows the shape: this is another one
    # raised outside the except block: even a suppressed context would carry the answer, and with it tokens
    raise AuthError(_refusal(call, heard, body, invalid)) from None


def json_object(answer: Answer) -> Mapping[str, Any] | None:
    """The body as a JSON object, whatever the status; None if it is anything else."""
    try:
        found = json.loads(answer.body or b"", parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def server_time(answer: Answer) -> float | None:
    """Seconds since the epoch by the ``Date`` header (RFC 9110 §6.6.1) of a JSON answer that no cache has kept."""
    if "age" in answer.headers or json_object(answer) is None:
        return None
    return _date(answer.headers.get("date", ""))


def _unanswered(call: str, heard: Silence) -> Problem:
    if heard.outcome is Outcome.MISUSE:
        return Problem(ErrorKind.MISUSE, call, heard.outcome)
    kind = ErrorKind.UNTRUSTED_CERTIFICATE if heard.untrusted else ErrorKind.OFFLINE
    return Problem(kind, call, heard.outcome, heard.status)


def _refusal(call: str, answer: Answer, body: Mapping[str, Any] | None, invalid: ErrorKind | None) -> Problem:
    later = _retry_after(answer, body or {})
    known = body is not None and any(isinstance(body.get(name), str) for name in _WORDS)
    if not known or body is None or answer.status < 400:
        return Problem(_stranger(answer), call, Outcome.UNREADABLE, answer.status, "", later)
    code = answer.headers.get("x-sb-error-code") or _first_text(body, _CODES)
    kind = invalid if invalid and code == _INVALID else kind_of(call, answer.status, code)
    return Problem(kind, call, Outcome.REFUSED, answer.status, code, later, _reasons(body))


def _stranger(answer: Answer) -> ErrorKind:
    """The kind of an answer that is not the server's own."""
    if _of_a_portal(answer):
        return ErrorKind.CAPTIVE_PORTAL
    # what limits in front of a server says so in HTML, and means it
    return ErrorKind.RATE_LIMITED if answer.status == 429 else ErrorKind.SERVER


def _of_a_portal(answer: Answer) -> bool:
    """Whether the network's own sign-in page stands in between: it shows itself, leads there, or says so (RFC 6585 §6).

    Firewalls and gateways write HTML as well, but not as a success.
    """
    if answer.status == 511 or (answer.away and 300 <= answer.status < 400):
        return True
    page = "html" in answer.headers.get("content-type", "").lower() or _HTML.match(answer.body or b"") is not None
    return page and bool(answer.body) and 200 <= answer.status < 300


def _reasons(body: Mapping[str, Any]) -> tuple[str, ...]:
    weak = body.get("weak_password")
    listed = weak.get("reasons") if isinstance(weak, dict) else None
    return tuple(reason for reason in listed if isinstance(reason, str)) if isinstance(listed, list) else ()


def _retry_after(answer: Answer, body: Mapping[str, Any]) -> float | None:
    """Seconds by ``Retry-After`` (RFC 9110 §10.2.3: a number, or a date), else by the words of the answer."""
    stated = answer.headers.get("retry-after", "").strip()
    if stated.isascii() and stated.isdigit():
        return float(stated[:9])
    until, sent = _date(stated), _date(answer.headers.get("date", ""))
    if until is not None and sent is not None:  # both are the server's, so that our clock has no part in it
        return max(0.0, until - sent)
    found = _AFTER.search(_first_text(body, _WORDS))
    return float(found.group(1)) if found else None


def _date(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return _seconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _seconds(moment: datetime) -> float | None:
    found = moment.timestamp()
    return found if math.isfinite(found) else None


def _first_text(body: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((body[name] for name in names if isinstance(body.get(name), str)), "")


def _untrusted(error: BaseException | None) -> bool:
    """Whether a certificate was refused anywhere down the chain of causes: the libraries in between wrap it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON (RFC 8259 §6)")
