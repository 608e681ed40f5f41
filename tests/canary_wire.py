"""What of the HTTP traffic is secret: the fields of requests and answers by which somebody could sign in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

import httpx

Learn = Callable[[str, str], None]

_ANSWERED = frozenset(
    "access_token refresh_token provider_token provider_refresh_token hashed_token email_otp id_token".split()  # noqa: SIM905
)
# in an answer, "code" names an error and "token" may be anything
_ASKED = _ANSWERED.union(
    "password current_password token token_hash code auth_code code_verifier client_secret".split()  # noqa: SIM905
)
_DATA = ("/rest/v1/", "/storage/v1/")  # rows of an app, whose columns may be called anything


def tap_http(learn: Learn) -> None:
    """Listen at httpx's own transport, below every client and every transport of ours."""
    original = httpx.AsyncHTTPTransport.handle_async_request

    async def handle(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        _hear_request(request, learn)
        response = await original(transport, request)
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _Heard(response.stream, lambda body: _hear_answer(request, response, body, learn))
        return response

    replace(httpx.AsyncHTTPTransport, "handle_async_request", handle)


def replace(kind: type, name: str, method: Any) -> None:
    """Put ``method`` in the place of the class's own, for as long as this process runs."""
    setattr(kind, name, method)


class _Heard(httpx.AsyncByteStream):
    """Passes a body on, and tells of it when it ends."""

    def __init__(self, stream: httpx.AsyncByteStream, told: Callable[[bytes], None]) -> None:
        self._stream, self._told, self._parts = stream, told, list[bytes]()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            self._parts.append(part)
            yield part

    async def aclose(self) -> None:
        self._told(b"".join(self._parts))
        await self._stream.aclose()


def _hear_request(request: httpx.Request, learn: Learn) -> None:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer != request.headers.get("apikey"):
        learn(bearer, "access token")
    if request.url.path.startswith(_DATA):
        return
    fields = [*request.url.params.multi_items()]
    with suppress(httpx.RequestNotRead):  # a stream: nothing of the kind is ever sent in one
        fields += _fields(request.content, request.headers.get("content-type", ""))
    _learn(fields, _ASKED, learn)


def _hear_answer(request: httpx.Request, response: httpx.Response, raw: bytes, learn: Learn) -> None:
    if request.url.path.startswith(_DATA):
        return
    try:
        body = httpx.Response(response.status_code, headers=response.headers, content=raw).content
    except httpx.DecodingError:
        return
    _learn(_fields(body, response.headers.get("content-type", "")), _ANSWERED, learn)
    target = httpx.URL(response.headers.get("location", ""))
    _learn([*target.params.multi_items(), *parse_qsl(target.fragment)], _ASKED, learn)


def _learn(fields: list[tuple[str, Any]], secret: frozenset[str], learn: Learn) -> None:
    for name, value in fields:
        if name in secret and isinstance(value, str):
            learn(value, name)


def _fields(body: bytes, kind: str) -> list[tuple[str, Any]]:
    if "form-urlencoded" in kind:
        return list(parse_qsl(body.decode("ascii", "replace")))
    try:
        return list(_walk(json.loads(body)))
    except (ValueError, RecursionError):
        return []


def _walk(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, inner
            yield from _walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner)
