"""The bearer of data calls: the live token is put on here, request by request and by origin, and nowhere else.

So nothing that a client caches can go stale or astray. A token that was refused as stale is renewed, once for all who
met the refusal, and the request is sent once more.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass

import httpx

from desktopauth.core.ports import Tokens

from .routes import Origin, Routes, origin_of

_REFUSALS = (400, 401, 403)
_LARGEST_BODY = 1024 * 1024  # bytes of a request that are kept for sending it twice
_LARGEST_ANSWER = 16 * 1024  # bytes of a refusal that are read for its words, which take one hundred


@dataclass(frozen=True, slots=True, kw_only=True)
class Realm:
    """Where the token may go.

    ``placeholder`` is the Authorization that gives way to it; where it is a ``key``, it goes out itself for nobody.
    ``private`` names the headers that go nowhere else. ``stale`` judges a refusal by status, headers and decoded body.
    """

    origins: frozenset[Origin]
    placeholder: str
    key: bool
    private: tuple[str, ...]
    stale: Callable[[int, Mapping[str, str], bytes], bool]


class Passage(httpx.AsyncBaseTransport):
    """Hands requests to the connections of others, so many at a time. It has no ``aclose``: those stay open."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Wait for a turn and send."""
        async with self._routes.turn:
            return await self._routes.handle_async_request(request)


class BearerTransport(Passage):
    """Signs what goes to the realm, at every hop; another Authorization there is the developer's own.

    The token goes on a copy, so that no request, response or error that leaves here holds it. A request that was
    redirected from one origin to another comes without the placeholder (httpx takes it off), so it is not signed any
    more: a stranger must not be able to have requests signed.
    """

    def __init__(self, routes: Routes, realm: Realm, tokens: Tokens) -> None:
        super().__init__(routes)
        self._realm, self._tokens = realm, tokens
        self._placeholder = realm.placeholder.encode()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, signed or stripped by where it goes. Raises AuthError when there is no token to be had."""
        # off the wire's bytes: asking httpx for one header makes it guess the encoding of all
        said = {value for name, value in request.headers.raw if name.lower() == b"authorization"}
        ours = said == {self._placeholder}
        if origin_of(request.url) not in self._realm.origins:
            own = ("authorization",) if ours else ()
            return await super().handle_async_request(_without(request, *self._realm.private, *own))
        if not ours:
            return await super().handle_async_request(request)
        return await self._signed(request)

    async def _signed(self, request: httpx.Request) -> httpx.Response:
        if not isinstance(request.stream, httpx.ByteStream):
            await _keep(request)
        answer, refused = await self._first(request)
        if refused is None:
            return answer
        # its connection and its turn are free, however long the renewal takes
        renewed = await self._tokens.renew(refused)
        if renewed is None or not _repeatable(request):
            return answer
        return await super().handle_async_request(_with(request, renewed))

    async def _first(self, request: httpx.Request) -> tuple[httpx.Response, str | None]:
        """The answer, and the token if it was refused as stale."""
        async with self._routes.turn:
            # read last, inside: who waited in line gets the token that was renewed meanwhile
            token = await self._tokens.access_token()
            if token is None:
                bare = request if self._realm.key else _without(request, "authorization")
                return await self._routes.handle_async_request(bare), None
            answer = await self._routes.handle_async_request(_with(request, token))
            if answer.status_code not in _REFUSALS:
                return answer, None
            # read inside as well: the next in line must not go before the renewal has begun
            answer, body = await _read(answer)
            stale = body is not None and self._realm.stale(answer.status_code, answer.headers, body)
            return answer, token if stale else None


class _Rejoined(httpx.AsyncByteStream):
    """A body whose beginning was read already."""

    def __init__(self, read: list[bytes], rest: AsyncIterator[bytes], whole: httpx.Response) -> None:
        self._read, self._rest, self._whole = read, rest, whole

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._read:
            yield part
        async for part in self._rest:
            yield part

    async def aclose(self) -> None:
        if isinstance(self._rest, AsyncGenerator):
            await self._rest.aclose()
        await self._whole.aclose()


class _Copy(httpx.Request):
    """A request with other headers. Made for each request that is sent, so it takes over what is checked already."""

    def __init__(self, request: httpx.Request, headers: httpx.Headers) -> None:
        self.method, self.url, self.headers = request.method, request.url, headers
        self.stream, self.extensions = request.stream, dict(request.extensions)


async def _keep(request: httpx.Request) -> None:
    """Read a small form into memory, so that it can be sent twice; other streams are their caller's."""
    if _small(request) and request.headers.get("content-type", "").startswith("multipart/"):
        await request.aread()


def _repeatable(request: httpx.Request) -> bool:
    return _small(request) and isinstance(request.stream, httpx.ByteStream)


def _small(request: httpx.Request) -> bool:
    size = request.headers.get("content-length", "0")
    return "transfer-encoding" not in request.headers and size.isdecimal() and int(size) <= _LARGEST_BODY


async def _read(answer: httpx.Response) -> tuple[httpx.Response, bytes | None]:
    """The answer as it came, and its body decoded; None if that is too long, or damaged."""
    stream = answer.stream
    assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 - for the type checker: it came from a pool
    parts, rest, size = list[bytes](), aiter(stream), 0
    try:
        async for part in rest:
            parts.append(part)
            size += len(part)
            if size > _LARGEST_ANSWER:
                return _answer(answer, _Rejoined(parts, rest, answer)), None
    finally:
        if size <= _LARGEST_ANSWER:
            await answer.aclose()
    raw = b"".join(parts)
    try:
        said = httpx.Response(answer.status_code, headers=answer.headers, content=raw).content
    except httpx.DecodingError:
        return _answer(answer, httpx.ByteStream(raw)), None
    return _answer(answer, httpx.ByteStream(raw)), said


def _answer(answer: httpx.Response, stream: httpx.AsyncByteStream) -> httpx.Response:
    return httpx.Response(answer.status_code, headers=answer.headers, stream=stream, extensions=answer.extensions)


def _with(request: httpx.Request, token: str) -> httpx.Request:
    headers = httpx.Headers(request.headers)
    headers["Authorization"] = f"Bearer {token}"  # in the place of every spelling and every duplicate
    return _Copy(request, headers)


def _without(request: httpx.Request, *names: str) -> httpx.Request:
    headers = httpx.Headers(request.headers)
    for name in names:
        headers.pop(name, None)
    return _Copy(request, headers)
