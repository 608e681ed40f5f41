"""Whether a URL and a publishable key, as a person has typed or pasted them, lead to a Supabase project.

One request, to the auth server alone; each thing that can be wrong is one sentence and the field that it is about.
"""

from __future__ import annotations

import asyncio
import re
import socket
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from desktopauth.core.errors import Outcome
from desktopauth.core.models import Project

from .answers import Answer, Silence, json_object
from .config import Config, ConfigError
from .inquiry import ask, proxy_for

Place = Literal["url", "key", "form"]

_LOOK_UP = 5.0  # seconds for a name
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_REF = re.compile(r"[a-z]{20}")  # what a hosted project is called, and the first part of its address


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of it: ``sentence`` is empty if all is well, and then ``url`` and ``key`` are what to keep.

    ``place`` is the field that is wrong, ``form`` for neither; ``project`` is what the server offers.
    """

    url: str
    key: str = field(repr=False)
    sentence: str = ""
    place: Place = "form"
    project: Project | None = None


async def check_project(url: str, key: str) -> Finding:
    """Look whether they fit each other and lead anywhere. Takes 20 s at most; raises nothing that is expected."""
    url, key = _meant(url), key.strip().strip("\"'")
    try:
        config = Config(url=url, key=key)
    except ConfigError as wrong:
        return Finding(url, key, str(wrong), "key" if wrong.option == "key" else "url")
    where = config.address("auth")
    try:
        heard = (await ask([f"{where}/settings"], config.key))[0]
    except ValueError:
        said = "The proxy in the system's settings can't be used. Name an http:// or https:// one there."
        return Finding(config.url, config.key, said)
    if isinstance(heard, Silence):
        return Finding(
            config.url, config.key, await _why_silent(where, heard), "url" if not heard.untrusted else "form"
        )
    return _judge(config, heard)


def _meant(text: str) -> str:
    """What is usually pasted, made whole: blanks and quotes around it, no scheme, or the project's name alone."""
    bare = text.strip().strip("\"'<>").strip()
    if _REF.fullmatch(bare):
        return f"https://{bare}.supabase.co"
    if not bare or "://" in bare or bare.startswith(("sb_", "eyJ")):
        return bare
    host = re.split(r"[:/]", bare, maxsplit=1)[0]
    return f"http://{bare}" if host in _LOOPBACK else f"https://{bare}"


def _judge(config: Config, answer: Answer) -> Finding:
    host, known = urlsplit(config.url).netloc, json_object(answer)
    if answer.status == 200 and known is not None:
        try:
            return Finding(config.url, config.key, project=Project.from_wire(known))
        except (LookupError, TypeError, AttributeError):
            return Finding(config.url, config.key, f"There is a server at {host}, but no Supabase project.", "url")
    if answer.status in (401, 403) and known is not None:
        said = "The project doesn't take this key. Copy its publishable key again, from the API settings."
        return Finding(config.url, config.key, said, "key")
    return Finding(config.url, config.key, *_strange(host, answer, page=known is None))


def _strange(host: str, answer: Answer, *, page: bool) -> tuple[str, Place]:
    """An answer that is none of a healthy auth server's; ``page``: and no JSON."""
    if answer.status == 511 or (answer.away and 300 <= answer.status < 400):  # RFC 6585 §6
        return "This network wants you to sign in to it first. Open any web page, then try again.", "form"
    if answer.status == 429:
        return "The project wants us to wait. Try again in a minute.", "form"
    if answer.status >= 500:
        return "The project is in trouble, or paused. Look at it in its dashboard, then try again.", "form"
    if page and answer.status == 200:
        first = f"A web page answers at {host}, and no Supabase project. Check the URL"
        return f"{first}; in a hotel or a train, sign in to the network first.", "url"
    return f"There is a server at {host}, but no Supabase project. Check the URL.", "url"


async def _why_silent(where: str, silence: Silence) -> str:
    host = urlsplit(where).hostname or ""
    if silence.untrusted:
        return (
            f"The certificate of {host} isn't trusted, so this connection isn't private. "
            "Try another network, or sign in to this one first."
        )
    if silence.outcome is Outcome.MISUSE:
        return "This URL can't be asked. Check it for a typing mistake."
    if host in _LOOPBACK:
        return f"Nothing answers at {urlsplit(where).netloc}. Start the server on this computer, or check the port."
    if await asyncio.to_thread(proxy_for, where):
        return f"{host} can't be reached. Check the URL, your connection, and the proxy in the system's settings."
    if await _unknown(host):
        return f"Nobody knows where {host} is. Check the URL for a typing mistake, and your connection."
    return f"{host} can't be reached. Check your connection; a project that is paused doesn't answer either."


async def _unknown(host: str) -> bool:
    """Whether the directory of names says no, and not only nothing."""
    looking = asyncio.get_running_loop().getaddrinfo(host, None)
    try:
        await asyncio.wait_for(looking, _LOOK_UP)
    except socket.gaierror as error:
        return error.errno != socket.EAI_AGAIN  # that one is a directory which cannot be asked
    except (OSError, TimeoutError, UnicodeError):
        return False
    return False
