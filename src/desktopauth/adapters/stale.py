"""Whether a refusal is of the token itself, as stale: told by the words of the answer, for its status tells nothing.

PostgREST and Functions say 401 to an expired token, Storage 400; all three use the same statuses for missing rights, a
wrong key and what a function does not like. Only what a newer token can mend is worth a refresh.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# PostgREST: 301 no key fits the token (they may have been rotated), 303 a claim does not hold, mostly `exp`.
_POSTGREST = re.compile(r"PGRST30[13]")
# Any other code of PostgREST or Postgres (SQLSTATE: five letters and digits) is a cause of its own: 42501, PGRST302.
_OTHER_CAUSE = re.compile(r"PGRST\w+|(?=\w*\d)[0-9A-Z]{5}")
# PostgREST and Storage; Functions and Storage; jose, which both use; the auth server.
_WORDS = re.compile(
    r'jwt (?:has )?expired|invalid[ _-]?jwt|"exp" claim|token (?:is|has) expired|\bbad_jwt\b', re.IGNORECASE
)
_RIGHTS = re.compile(r"row-level security", re.IGNORECASE)  # said under codes of every kind, by Lite and old Storage
_INVALID_TOKEN = re.compile(r'\berror="?invalid_token\b', re.IGNORECASE)  # RFC 6750 §3.1
_OTHER_SCHEME_OR_ERROR = re.compile(r"^(?!.*\bbearer\b)|\berror=", re.IGNORECASE | re.DOTALL)
_SPEAKING = ("code", "error", "error_code", "error_description", "message", "msg")
_LONGEST = 4096  # characters of a plain text that are looked at


def is_stale(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether this 400, 401 or 403 of a Supabase project means: not this token any more. ``body`` is decoded."""
    said = _fields(headers, body)
    words, code = " ".join(said.values()), said.get("code", "")
    if _RIGHTS.search(words):
        return False
    if found := _named_aside(headers):  # an answer to HEAD has no body
        code = code or found
    if _POSTGREST.fullmatch(code):
        return status == 401
    if _OTHER_CAUSE.fullmatch(code):
        return False
    return bool(_WORDS.search(words) or _INVALID_TOKEN.search(headers.get("www-authenticate", "")))


def is_stale_anywhere(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """The same for an API of whatever make: there a 401 counts as well, unless its challenge names another cause."""
    if status != 401 or is_stale(status, headers, body):
        return is_stale(status, headers, body)
    challenge = headers.get("www-authenticate", "")
    return not (challenge and _OTHER_SCHEME_OR_ERROR.search(challenge))


def _named_aside(headers: Mapping[str, str]) -> str:
    """The error in ``Proxy-Status`` (RFC 9209 §2.1.1), where PostgREST repeats its code."""
    found = re.search(r'\berror="?(\w+)', headers.get("proxy-status", ""))
    return found.group(1) if found else ""


def _fields(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """What the answer itself says. Not its details and hints, which repeat rows of a person."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        page = "html" in headers.get("content-type", "")  # of something on the way, and may say anything
        found = "" if page else body[:_LONGEST].decode("utf-8", "replace")
    if isinstance(found, dict):
        inner = found.get("error")
        return _texts(found) | (_texts(inner) if isinstance(inner, dict) else {})
    return {"message": found} if isinstance(found, str) else {}


def _texts(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: text for name in _SPEAKING if isinstance(text := fields.get(name), str)}
