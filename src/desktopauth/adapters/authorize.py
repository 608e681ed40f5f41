"""Ask the auth server for a provider's address before any browser opens, so that its refusal is heard by us.

The browser would show that refusal as a page of JSON, and nobody would come back from it. And this way the browser's
arguments and history hold the provider's address only, not the server's with our redirect in it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import unquote_plus, urljoin

from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem
from desktopauth.core.pkce import METHOD

from . import answers
from .browser import may_be_opened
from .pool import Pool
from .wire import get

_log = logging.getLogger("desktopauth.authorize")

_CALL = "authorize"
_REDIRECTS = (301, 302, 303, 307, 308)


async def provider_address(
    url: str,
    pool: Pool,
    *,
    provider: str,
    redirect_to: str,
    challenge: str,
    scopes: str = "",
    options: Mapping[str, str] | None = None,
) -> str:
    """Where the browser has to go for ``provider`` (``github``, ``custom:acme``) of the auth server at ``url``.

    ``redirect_to`` is a receiver's address, ``challenge`` a proof's; ``scopes`` are separated by spaces; ``options`` go
    to the provider as they are (``prompt``, ``login_hint``), and take the place of none of these. From here on the
    server counts core.redirect.LIFE. Raises AuthError: PROVIDER_OFF for a provider that is not enabled.
    """
    asked = {**(options or {}), "provider": provider, "redirect_to": redirect_to}
    asked |= {"code_challenge": challenge, "code_challenge_method": METHOD} | ({"scopes": scopes} if scopes else {})
    base = f"{url.rstrip('/')}/authorize"
    heard = await _ask(pool, base, asked)
    if isinstance(heard, answers.Answer) and heard.status in _REDIRECTS:
        return _location(base, heard, redirect_to)
    return answers.read(_CALL, heard, _no_address)


async def _ask(pool: Pool, base: str, asked: Mapping[str, str]) -> answers.Heard:
    """One GET that is not followed."""
    try:
        route = await pool.open()
    except ValueError as unusable:  # no proxy that can be used leads there
        _log.error("%s", unusable)
        return answers.Silence(Outcome.MISUSE, type(unusable).__name__)
    return await get(route, base, params=asked)


def _location(base: str, heard: answers.Answer, redirect_to: str) -> str:
    """The provider's address. One that must not be opened is told as a fault of the server's."""
    with suppress(ValueError):
        found = urljoin(base, _without(redirect_to, heard.headers.get("location", "")))
        if found != base and may_be_opened(found):
            return found
    raise AuthError(Problem(ErrorKind.SERVER, _CALL, Outcome.UNREADABLE, heard.status))


def _without(redirect_to: str, address: str) -> str:
    """The address without any parameter that is no more than our redirect; all else stays as it is, to the byte.

    Supabase Lite 0.10 hands it on to providers, which know nothing of it; and browsers keep addresses.
    """
    head, mark, rest = address.partition("?")
    query, fragment_mark, fragment = rest.partition("#")
    kept = "&".join(pair for pair in query.split("&") if unquote_plus(pair.partition("=")[2]) != redirect_to)
    return f"{head}{mark if kept else ''}{kept}{fragment_mark}{fragment}"


def _no_address(_body: Mapping[str, Any]) -> NoReturn:
    raise ValueError("a success that leads nowhere")
