"""Everything that is done with httpx: the connection pool, the ear on one auth call, and the bearer of data calls.

The live token is put on here, request by request and by origin, so that nothing an SDK caches can go stale or astray.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.request import getproxies, proxy_bypass

import httpx

from desktopauth.core.errors import Outcome
from desktopauth.core.ports import Tokens

from .answers import Answer, Heard, Silence, silence

Route = httpx.AsyncBaseTransport

_TIMEOUT = httpx.Timeout(15.0, connect=5.0, pool=5.0)  # seconds
_IN_FLIGHT = 64  # of the pool's 100: httpcore's own queue is quadratic, and waiting in it counts as a timeout
_OURS = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)  # transport errors by name, mistakes by nature
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class UnusableProxyError(ValueError):
    """The system names a proxy of a kind that we cannot speak to; going round it would be against its owner's will."""


def connection_pool(url: str, context: ssl.SSLContext) -> httpx.AsyncHTTPTransport:
    """The pool that every call to the project goes through. Raises UnusableProxyError.

    An httpx client that is given a transport looks for no proxy any more, so it is done here.
    """
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=60)
    return httpx.AsyncHTTPTransport(verify=context, proxy=_proxy(httpx.URL(url), context), limits=limits)


def call_client(ear: Ear) -> httpx.AsyncClient:
    """A client for one auth call: no redirects, no cookies from before, nothing from the environment."""
    return httpx.AsyncClient(transport=ear, timeout=_TIMEOUT, trust_env=False)


def data_client(pool: Route, url: str, key: str, tokens: Tokens) -> httpx.AsyncClient:
    """A client for data calls, signed by ``tokens``. It keeps no cookies; closing it leaves the pool open."""
    bearer = BearerTransport(pool, url, key, tokens)
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    return httpx.AsyncClient(transport=bearer, timeout=_TIMEOUT, follow_redirects=True, cookies=jar, trust_env=False)


class Ear(httpx.AsyncBaseTransport):
    """Hands one call's request to the pool, reads the answer whole and remembers it.

    It has no ``aclose``: the pool stays open.
    """

    def __init__(self, pool: Route) -> None:
        self._pool = pool
        self._heard: Heard | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass on and note."""
        started = time.perf_counter()
        try:
            answer = await self._pool.handle_async_request(request)
        except Exception as error:
            lost = isinstance(error, httpx.TransportError) and not isinstance(error, _OURS)
            self._heard = silence(error, lost=lost)
            raise
        took, head = time.perf_counter() - started, dict(answer.headers)
        self._heard = Answer(answer.status_code, head, None, took)
        # unpacked here, not by the client: a stream that cannot be is left to the garbage collector there
        body = httpx.Response(answer.status_code, headers=answer.headers, content=await _body(answer)).content
        self._heard = Answer(answer.status_code, head, body, took)
        answer.headers.pop("content-encoding", None)
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)

    def heard(self, sdk_error: str) -> Heard:
        """What came of the call, once it is over; ``sdk_error`` is the cause where nothing was even sent."""
        return self._heard or Silence(Outcome.MISUSE, sdk_error)


class BearerTransport(httpx.AsyncBaseTransport):
    """Signs what goes to the project's origin, at every hop, and takes the key off what goes elsewhere.

    Only the placeholder ``Bearer <key>`` gives way to the live token; another Authorization is the developer's own. The
    token goes on a copy, so that no request, response or error that leaves here holds it. It has no ``aclose``.
    """

    def __init__(self, pool: Route, url: str, key: str, tokens: Tokens) -> None:
        self._pool, self._tokens = pool, tokens
        self._origin, self._placeholder = _origin(httpx.URL(url)), f"Bearer {key}"
        self._turn = asyncio.Semaphore(_IN_FLIGHT)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, signed or stripped by where it goes."""
        if _origin(request.url) != self._origin:
            return await self._pool.handle_async_request(_stripped(request))
        if set(request.headers.get_list("authorization")) != {self._placeholder}:
            return await self._pool.handle_async_request(request)
        async with self._turn:
            # read last, inside: who waited in line gets the token that was refreshed meanwhile
            token = await self._tokens.access_token()
            return await self._pool.handle_async_request(_signed(request, token) if token else request)


def _proxy(target: httpx.URL, context: ssl.SSLContext) -> httpx.Proxy | None:
    if target.host in _LOOPBACK or proxy_bypass(target.host):
        return None
    known = getproxies()
    address = known.get(target.scheme) or known.get("all") or ""
    if not address:
        return None
    whole = address if "://" in address else f"http://{address}"
    try:
        proxy = httpx.Proxy(whole)
    except (httpx.InvalidURL, ValueError):
        raise UnusableProxyError("the system's proxy is of a kind that cannot be used") from None
    if proxy.url.scheme not in ("http", "https"):
        raise UnusableProxyError("the system's proxy is of a kind that cannot be used")
    return httpx.Proxy(whole, ssl_context=context if proxy.url.scheme == "https" else None)


async def _body(answer: httpx.Response) -> bytes:
    try:
        assert isinstance(answer.stream, httpx.AsyncByteStream)  # noqa: S101 - for the type checker: it came from a pool
        return b"".join([part async for part in answer.stream])
    finally:
        await answer.aclose()


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def _signed(request: httpx.Request, token: str) -> httpx.Request:
    headers = request.headers.copy()
    headers["Authorization"] = f"Bearer {token}"  # in the place of every spelling and every duplicate
    return _copy(request, headers)


def _stripped(request: httpx.Request) -> httpx.Request:
    headers = request.headers.copy()
    headers.pop("authorization", None)
    headers.pop("apikey", None)
    return _copy(request, headers)


def _copy(request: httpx.Request, headers: httpx.Headers) -> httpx.Request:
    return httpx.Request(
        request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions
    )
