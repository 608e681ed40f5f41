"""The httpx clients that we make, and the ear on one auth call.

All of them go over connections that they do not own, keep no cookies, and take nothing from the environment themselves.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from desktopauth.core.errors import Outcome
from desktopauth.core.pkce import METHOD
from desktopauth.core.ports import Tokens, WayBack

from .answers import Answer, Heard, Silence, silence
from .bearer import BearerTransport, Passage, Realm
from .routes import Routes, origin_of
from .stale import is_stale, is_stale_anywhere

Route = httpx.AsyncBaseTransport

_TIMEOUT = httpx.Timeout(15.0, connect=5.0, pool=5.0)  # seconds
_OURS = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)  # transport errors by name, mistakes by nature
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)  # TLS errors are the first
_PLACEHOLDER = "Bearer desktopauth"  # never sent: httpx takes it off where a redirect leaves the origin


def call_client(ear: Ear) -> httpx.AsyncClient:
    """A client for one auth call: no redirects, no cookies from before, nothing from the environment."""
    return httpx.AsyncClient(transport=ear, timeout=_TIMEOUT, trust_env=False)


def data_client(routes: Routes, urls: Iterable[str], key: str, tokens: Tokens) -> httpx.AsyncClient:
    """A client for the project's data at the origins of ``urls``, signed by ``tokens``.

    Without a token the key goes out, as the SDK wrote it.
    """
    realm = Realm(
        origins=frozenset(origin_of(httpx.URL(url)) for url in urls),
        placeholder=f"Bearer {key}",
        key=True,
        private=("authorization", "apikey"),
        stale=is_stale,
    )
    return _client(BearerTransport(routes, realm, tokens), follow_redirects=True)


def signed_client(routes: Routes, origins: Iterable[str], tokens: Tokens) -> httpx.AsyncClient:
    """A plain client that is signed by ``tokens`` at exactly these origins."""
    realm = Realm(
        origins=frozenset(origin_of(httpx.URL(origin)) for origin in origins),
        placeholder=_PLACEHOLDER,
        key=False,
        private=(),
        stale=is_stale_anywhere,
    )
    return _client(BearerTransport(routes, realm, tokens), headers={"Authorization": _PLACEHOLDER})


def unsigned_client(routes: Routes) -> httpx.AsyncClient:
    """A plain client that carries no token anywhere."""
    return _client(Passage(routes))


def _client(
    transport: Passage, *, follow_redirects: bool = False, headers: dict[str, str] | None = None
) -> httpx.AsyncClient:
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    return httpx.AsyncClient(
        transport=transport,
        timeout=_TIMEOUT,
        follow_redirects=follow_redirects,
        headers=headers,
        cookies=jar,
        trust_env=False,
    )


class Ear(httpx.AsyncBaseTransport):
    """Hands one call's request to the pool, reads the answer whole and remembers it.

    ``back`` is where the link of the mail that is asked for has to lead. It has no ``aclose``: the pool stays open.
    """

    def __init__(self, pool: Route, back: WayBack | None = None) -> None:
        self._pool, self._back = pool, back
        self._heard: Heard | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass on and note."""
        started = time.perf_counter()
        try:
            answer = await self._pool.handle_async_request(_leading(request, self._back))
        except Exception as error:
            self._heard = silence(error, _outcome(error))
            raise
        took, away = time.perf_counter() - started, _leads_away(request.url, answer)
        self._heard = broken = Answer(answer.status_code, dict(answer.headers), None, took, away)
        try:
            raw = await _body(answer)
        except httpx.TransportError as error:
            if answer.is_success:  # it was done, and what came of it got lost; a refusal says enough by its status
                self._heard = silence(error, Outcome.LOST, answer.status_code)
            raise
        # unpacked here, not by the client: a stream that cannot be is left to the garbage collector there
        body = httpx.Response(answer.status_code, headers=answer.headers, content=raw).content
        self._heard = replace(broken, body=body)
        answer.headers.pop("content-encoding", None)
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)

    def heard(self, sdk_error: str) -> Heard:
        """What came of the call, once it is over; ``sdk_error`` is the cause where nothing was even sent."""
        return self._heard or Silence(Outcome.MISUSE, sdk_error)


def _leading(request: httpx.Request, back: WayBack | None) -> httpx.Request:
    """The same request for a mail whose link leads ``back``.

    The SDK (2.34) sends no challenge with mails, without which tokens would come in a fragment that we cannot see; and
    httpx logs the address of the request that it was given.
    """
    if back is None:
        return request
    url = request.url.copy_merge_params({"redirect_to": back.redirect_to})
    proof = {"code_challenge": back.challenge, "code_challenge_method": METHOD}
    body = json.dumps({**json.loads(request.content), **proof}).encode()
    headers = {**request.headers, "content-length": str(len(body))}
    return httpx.Request(request.method, url, headers=headers, content=body, extensions=request.extensions)


def _outcome(error: Exception) -> Outcome:
    """What a request came to for which something was raised instead of an answer."""
    if not isinstance(error, httpx.TransportError) or isinstance(error, _OURS):
        return Outcome.MISUSE
    return Outcome.UNREACHABLE if isinstance(error, _UNSENT) else Outcome.LOST  # else: it may have got there


def _leads_away(asked: httpx.URL, answer: httpx.Response) -> bool:
    """Whether it redirects (RFC 9110 §10.2.2) to another origin."""
    try:
        return origin_of(asked.join(answer.headers.get("location", ""))) != origin_of(asked)
    except httpx.InvalidURL:
        return False


async def _body(answer: httpx.Response) -> bytes:
    try:
        assert isinstance(answer.stream, httpx.AsyncByteStream)  # noqa: S101 - for the type checker: it came from a pool
        return b"".join([part async for part in answer.stream])
    finally:
        await answer.aclose()
