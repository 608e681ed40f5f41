"""The project as a doctor sees it: is it there, is it ours, does it take this key, and what time is it over there."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from desktopauth.adapters.answers import Answer, Heard, Silence, json_object, server_time
from desktopauth.adapters.config import Config
from desktopauth.adapters.inquiry import Inquiry, inquire, proxy_for
from desktopauth.core.errors import Outcome
from desktopauth.core.models import claims
from desktopauth.terminal.doors import examine_doors
from desktopauth.terminal.findings import Finding, fail, note, ok, warn
from desktopauth.terminal.patience import in_time
from desktopauth.terminal.words import duration

_EXACT, _MOST = 60.0, 86_400.0  # seconds that clocks may differ without a word, and with the app still right
_LOOK_UP = 5.0  # seconds for a name


def kind_of_key(key: str) -> Finding:
    """Which of the keys that may lie on a person's machine this is; the others never got this far."""
    if key.startswith("sb_publishable_"):
        return ok("key", "a publishable key")
    if claims(key).get("role") == "anon":
        return ok("key", "an anon key, the older form of a publishable one")
    return warn(
        "key", "of no kind that Supabase gives out", "Copy the publishable key from the project's API settings."
    )


def examine_project(config: Config) -> Iterator[Finding]:
    """Proxy, address, auth server, ways in and clock; one that fails ends the rest."""
    proxy = proxy_for(config.address("auth"))
    try:
        found = asyncio.run(inquire(config.address("auth"), config.key))
    except ValueError:
        yield fail("proxy", f"{proxy} can't be used", "Name an http:// or https:// proxy in the system's settings.")
        return
    yield ok("proxy", proxy or "none for this address")
    if isinstance(found.settings, Silence):
        yield _unanswered(config.address("auth"), found.settings, proxy)
        return
    yield ok("address", f"answers in {found.settings.took * 1000:.0f} ms")
    yield from _examine_answers(config, found, found.settings)


def _examine_answers(config: Config, found: Inquiry, settings: Answer) -> Iterator[Finding]:
    known = json_object(settings)
    if settings.status != 200 or known is None or "external" not in known:
        yield _strange(settings, known)
        return
    yield ok("auth", "the auth server answers and takes the key")
    if not _healthy(found.health):
        yield warn(
            "health", "the auth server doesn't say that it is well", "Look at the project's status in its dashboard."
        )
    yield _clock(settings)
    yield from examine_doors(config, known)


def _unanswered(url: str, silence: Silence, proxy: str) -> Finding:
    if silence.untrusted:
        return fail(
            "address",
            "the server's certificate isn't trusted",
            "Try another network. If your organisation looks into connections, install its root certificate.",
        )
    if silence.outcome is Outcome.MISUSE:
        return fail("address", f"could not be asked ({silence.cause})", "Check the project's URL.")
    if proxy:
        return fail("address", f"no answer ({silence.cause})", "Check the proxy in the system's settings, and the URL.")
    host = urlsplit(url).hostname or ""
    if _unknown(host):
        return fail("address", f"nobody knows where {host} is", "Check the project's URL, and the connection.")
    advice = "Check the connection, and in the project's dashboard whether it is paused."
    return fail("address", f"no answer ({silence.cause})", advice)


def _unknown(host: str) -> bool:
    try:
        in_time(lambda: socket.getaddrinfo(host, None), _LOOK_UP)
    except socket.gaierror:
        return True
    except TimeoutError:
        return False
    return False


def _strange(answer: Answer, known: Mapping[str, Any] | None) -> Finding:
    if known is None:
        return fail(
            "auth",
            f"something else than the auth server answers ({answer.status})",
            "Check the project's URL. In a hotel or a train, open a web page and sign in to the network first.",
        )
    if answer.status in (401, 403):
        return fail("auth", f"the project doesn't take this key ({answer.status})", "Copy the publishable key again.")
    advice = "Try again in a moment; if it stays, look at the project in its dashboard, and check the URL."
    return fail("auth", f"the auth server is in trouble ({answer.status})", advice)


def _healthy(health: Heard) -> bool:
    return isinstance(health, Answer) and health.status == 200 and json_object(health) is not None


def _clock(answer: Answer) -> Finding:
    there = server_time(answer)
    if there is None:
        return note("clock", "the server's time can't be told from its answer")
    ahead = time.time() - (there + 0.5)
    if abs(ahead) <= _EXACT:
        return ok("clock", "agrees with the server's")
    text = f"{duration(ahead)} {'ahead of' if ahead > 0 else 'behind'} the server's"
    advice = "Let the system set its clock by itself, in its date and time settings."
    return (warn if abs(ahead) <= _MOST else fail)("clock", text, advice)
