"""A person's picture, fetched from wherever their provider keeps it, with nothing of theirs on the request.

The address comes from outside and anybody may have written it, so it is read strictly and the answer in small bounds;
whatever is wrong with either means "no picture", never trouble.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable

import httpx

from .routes import LOOPBACK

log = logging.getLogger("desktopauth.avatar")

Client = Callable[[], Awaitable[httpx.AsyncClient]]  # one that carries no token anywhere: ``Auth.plain_http``

_LARGEST = 1024 * 1024  # bytes of a picture
_LONGEST = 10.0  # seconds from the first request to the last byte
_LONGEST_URL = 2048  # characters
_HOPS = 3  # redirects that are followed
_HOST = re.compile(rb"[\w.:-]+")
_LAST_PORT = 65535
# never SVG: it is a program
_KINDS = {"image/gif": "gif", "image/jpeg": "jpeg", "image/png": "png", "image/webp": "webp"}
_HEADERS = {"Accept": ", ".join(_KINDS), "Accept-Encoding": "identity"}  # so that a byte read is a byte of the picture


class _RefusedError(Exception):
    """There is no picture there that may be shown; the text says why, without the address."""


class Avatars:
    """Fetches pictures over the connections that ``client`` makes its clients on."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def fetch(self, url: str) -> tuple[str, bytes] | None:
        """The picture at ``url`` as (``png`` | ``jpeg`` | ``webp`` | ``gif``, bytes), undecoded; None for none."""
        try:
            async with asyncio.timeout(_LONGEST):
                return await self._fetch(url)
        except _RefusedError as refused:
            log.debug("no picture: %s", refused)
        except (TimeoutError, ValueError, httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            log.debug("no picture: %s", type(error).__name__)
        return None

    async def _fetch(self, url: str) -> tuple[str, bytes]:
        place = _first(url)
        async with await self._client() as http:
            for _ in range(_HOPS + 1):
                async with http.stream("GET", place, headers=_HEADERS, follow_redirects=False) as answer:
                    if not answer.has_redirect_location:
                        return _kind(answer), await _body(answer)
                    place = _next(place, answer.headers["location"])
        raise _RefusedError("redirected too often")


def _first(url: str) -> httpx.URL:
    """Where to ask first: https, or http on this machine."""
    if len(url) > _LONGEST_URL:
        raise _RefusedError("a long address")
    place = _plain(httpx.URL(url))
    if place.scheme != "https" and not (place.scheme == "http" and place.host in LOOPBACK):
        raise _RefusedError("not https")
    return place


def _next(before: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect leads: https alone, so that no stranger has this machine's own services asked."""
    if len(location) > _LONGEST_URL:
        raise _RefusedError("a long address")
    place = _plain(before.join(location))
    if place.scheme != "https":
        raise _RefusedError("redirected to what is not https")
    return place


def _plain(place: httpx.URL) -> httpx.URL:
    if place.userinfo:  # it would go out as an Authorization header
        raise _RefusedError("an address with a name in it")
    if not _HOST.fullmatch(place.raw_host) or (place.port or 0) > _LAST_PORT:
        raise _RefusedError("an address that names no host")
    return place


def _kind(answer: httpx.Response) -> str:
    if answer.status_code != httpx.codes.OK:
        raise _RefusedError(f"status {answer.status_code}")
    if answer.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise _RefusedError("packed, though it was asked for as it is")
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _KINDS:
        raise _RefusedError("not a picture of a kind that is shown")
    return _KINDS[media_type]


async def _body(answer: httpx.Response) -> bytes:
    said = answer.headers.get("content-length", "")
    if said.isdecimal() and int(said[:12]) > _LARGEST:
        raise _RefusedError("too large")
    read = bytearray()
    async for part in answer.aiter_raw():
        read += part
        if len(read) > _LARGEST:
            await answer.aclose()  # and on to where it breaks: a body that is left in the middle outlives this call
    if len(read) > _LARGEST:
        raise _RefusedError("too large")
    return bytes(read)
