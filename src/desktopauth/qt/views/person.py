"""What is shown of a person: their name, their initials, their ways in. Anybody may have written anything there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from desktopauth.core.models import User
from desktopauth.qt.providers import name_of as provider_name

MOST_WAYS = 8  # that are named; of more, only how many
_LONGEST = 200  # characters of anything from outside
_UNBROKEN = 20  # characters that fit into the narrowest line
_ONE_LINE = 32  # that do where they may have a line to themselves
_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"  # which some scripts and many emoji need


def name_of(user: User) -> str:
    """What the person calls themselves, where the server knows it; else their address."""
    return written_name(user) or plain(user.email) or plain(user.id)


def written_name(user: User) -> str:
    """The name that they, or a provider for them, have written down; empty for none."""
    known = _part(user.facts, "user_metadata")
    return plain(known.get("full_name")) or plain(known.get("name"))


def initials_of(user: User) -> str:
    """One or two letters that stand where the picture would."""
    words = [word for word in name_of(user).partition("@")[0].split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def picture_of(user: User) -> str:
    """The address of their picture; empty for none. It is as unchecked as all of this."""
    known = _part(user.facts, "user_metadata")
    found = known.get("avatar_url") or known.get("picture")
    return found if isinstance(found, str) else ""


def ways_of(user: User) -> list[str]:
    """The accounts by which they may come in, one line each: at which provider, and as whom there."""
    found = list(dict.fromkeys(_ways(user)))
    more = len(found) - MOST_WAYS
    return found[:MOST_WAYS] + ([f"and {more} more"] if more > 0 else [])


def plain(words: object) -> str:
    """One line of text and nothing else: no line breaks, no control characters, no turned directions, not too long."""
    if not isinstance(words, str):
        return ""
    kept = (letter if _is_plain(letter) else " " for letter in words[: 2 * _LONGEST])
    return " ".join("".join(kept).split())[:_LONGEST]


def foldable(address: str) -> str:
    """The same to the eye, and to be broken over lines anywhere it has to be: no address is wider than a window."""
    if len(address) <= _ONE_LINE:
        return address
    return re.sub(rf"(\S{{{_UNBROKEN}}})(?=\S)", "\\1\N{ZERO WIDTH SPACE}", address)


def _ways(user: User) -> Iterator[str]:
    identities = user.facts.get("identities")
    known = [one for one in identities if isinstance(one, Mapping)] if isinstance(identities, list) else []
    if not known:
        providers = _part(user.facts, "app_metadata").get("providers")
        yield from (
            provider_name(plain(one)) for one in (providers if isinstance(providers, list) else []) if plain(one)
        )
    for one in known:
        if provider := plain(one.get("provider")):
            said = _part(one, "identity_data")
            whom = next(filter(None, (plain(said.get(key)) for key in ("email", "user_name", "name"))), "")
            yield f"{provider_name(provider)}: {whom}" if whom else provider_name(provider)


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = whole.get(name)
    return found if isinstance(found, Mapping) else {}


def _is_plain(letter: str) -> bool:
    return letter in _JOINERS or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
