"""The ways out of this machine: straight, or by a proxy that the system names, chosen by the address of each request.

An httpx client that is given a transport looks for no proxy any more, so it is done here.
"""

from __future__ import annotations

import asyncio
import ssl
from urllib.request import getproxies, proxy_bypass

import httpx

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_IN_FLIGHT = 64  # of a pool's 100: httpcore's own queue is quadratic, and waiting in it counts as a timeout
_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=60)

Origin = tuple[str, str, int]


class UnusableProxyError(ValueError):
    """The system names a proxy of a kind that we cannot speak to; going round it would be against its owner's will."""


def origin_of(url: httpx.URL) -> Origin:
    """Scheme, host and port (RFC 6454 §4): what has to be the same for a token to go there."""
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


class Routes(httpx.AsyncBaseTransport):
    """One connection pool for each way out. ``turn`` is what many requests at once queue up for.

    After ``aclose`` every request raises RuntimeError.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self.turn = asyncio.Semaphore(_IN_FLIGHT)
        self._context = context
        self._ways: dict[Origin, httpx.AsyncHTTPTransport] = {}
        self._pools: dict[str, httpx.AsyncHTTPTransport] = {}
        self._closed = False

    def learn(self, url: str) -> None:
        """Find the way to ``url`` while nothing is sent yet: it asks the system. Raises UnusableProxyError."""
        self._take(httpx.URL(url), _proxy(httpx.URL(url)))

    async def prepare(self, url: httpx.URL | str) -> httpx.AsyncHTTPTransport:
        """The way to ``url``, found in a thread if it is not known yet. Raises UnusableProxyError."""
        target = httpx.URL(url)
        known = self._ways.get(origin_of(target))
        return known or self._take(target, await asyncio.to_thread(_proxy, target))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it on its way."""
        way = self._ways.get(origin_of(request.url)) or await self.prepare(request.url)
        if self._closed:
            raise RuntimeError("Auth has been left, and with it its connections are closed.")
        return await way.handle_async_request(request)

    async def aclose(self) -> None:
        """Close every connection, for good."""
        self._closed = True
        for pool in self._pools.values():
            await pool.aclose()

    def _take(self, url: httpx.URL, proxy: str) -> httpx.AsyncHTTPTransport:
        if proxy not in self._pools:
            self._pools[proxy] = self._pool(proxy)
        return self._ways.setdefault(origin_of(url), self._pools[proxy])

    def _pool(self, address: str) -> httpx.AsyncHTTPTransport:
        if not address:
            return httpx.AsyncHTTPTransport(verify=self._context, limits=_LIMITS)
        proxy = httpx.Proxy(address, ssl_context=self._context if address.startswith("https:") else None)
        return httpx.AsyncHTTPTransport(verify=self._context, proxy=proxy, limits=_LIMITS)


def named_proxy(target: httpx.URL) -> str:
    """The proxy that the system names for ``target``, of whatever kind; empty for none, and always for loopback."""
    if target.host in LOOPBACK or proxy_bypass(target.host):
        return ""
    known = getproxies()
    address = known.get(target.scheme) or known.get("all") or ""
    return address if not address or "://" in address else f"http://{address}"


def _proxy(target: httpx.URL) -> str:
    """The same, if it is of a kind that we can speak to. Raises UnusableProxyError."""
    whole = named_proxy(target)
    if not whole:
        return ""
    try:
        scheme = httpx.Proxy(whole).url.scheme
    except (httpx.InvalidURL, ValueError):
        scheme = ""
    if scheme not in ("http", "https"):
        raise UnusableProxyError("the system's proxy is of a kind that cannot be used") from None
    return whole
