"""What must not stay in a text that leaves this program: tokens, keys, codes, whole e-mail addresses, query strings.

A last net: nothing of ours writes secrets, but an exception's text, or a library's, is not always ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_REMOVED = "[removed]"
_SECRETS = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*|sb_secret_\w+|(?<=\bBearer )[^\s\"',;]+", re.IGNORECASE)
_NAMES = r"\w*token|\w*password|\w*secret|apikey|authorization|otp|verifier|code_verifier"
_VALUE = r"\"[^\"]*\"|'[^']*'|[^\s\"'&,;{}()\[\]]+"
_NAMED = re.compile(rf"(?P<name>\b(?:(?:{_NAMES})[\"']?\s*[=:]|code=)\s*)(?!Bearer\b)(?:{_VALUE})", re.IGNORECASE)
_ADDRESS = re.compile(r"\b(?P<scheme>[a-z][a-z0-9+.-]{1,12}://)(?P<where>[^\s\"'<>]+)", re.IGNORECASE)
# it begins where no other part of an address stands before it, or a long word would be tried from each letter on
_MAIL = re.compile(r"(?<![\w.+%'-])(?P<first>[\w.+%-])[\w.+%'-]*@(?P<host>[\w-]+(?:\.[\w-]+)*)")
# Only in what is given away: in a log of one's own, a process number and an entry's name are of use.
_LIKELY = re.compile(
    r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"  # some servers' refresh tokens are UUIDs
    r"|[\w-]{32,}"  # verifiers, hashes, secrets
    r"|(?<![\w.:])\d{6}(?![\w:])",  # mailed codes
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """``text`` without tokens and keys, without the queries of addresses, with e-mail addresses shortened."""
    text = _SECRETS.sub(_REMOVED, text)
    text = _NAMED.sub(rf"\g<name>{_REMOVED}", text)
    if "://" in text:
        text = _ADDRESS.sub(_without_query, text)
    return _MAIL.sub(r"\g<first>***@\g<host>", text) if "@" in text else text


def redact_for_others(text: str, homes: Iterable[str]) -> str:
    """The same for eyes that are not the owner's: also what might be a code or a token, and the name of the home."""
    text = _LIKELY.sub(_REMOVED, redact(text))
    for home in homes:
        for spelling in {home, home.replace("\\", "/"), home.replace("\\", "\\\\")}:
            text = re.sub(rf"(?<![\w.-]){re.escape(spelling)}(?![\w.-])", "~", text, flags=re.IGNORECASE)
    return text


def _without_query(found: re.Match[str]) -> str:
    path, mark, _ = _cut(found["where"])
    somebody, at, _ = path.partition("/")[0].rpartition("@")
    if at:
        path = _REMOVED + path[len(somebody) :]
    return f"{found['scheme']}{path}{mark and _REMOVED}"


def _cut(where: str) -> tuple[str, str, str]:
    query, fragment = where.partition("?"), where.partition("#")
    return min(query, fragment, key=lambda parts: len(parts[0]))
