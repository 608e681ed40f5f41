"""Whatever comes back, or does not, is told as one AuthError that says what happened and holds no secret."""

from __future__ import annotations

import gzip
import json
import socket
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desktopauth.adapters.pool import Pool
from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem
from tests.adapters.gateway_verbs import KEY, PERSON, gateway, jwt, tokens
from tests.conftest import LogWatch
from tests.scenario import Run
from tests.scripted_server import Reply, ScriptedServer, scripted_server, self_made_certificate


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as found:
        yield found


def problem_of(run: Run, url: str, token: str = "an-opaque-refresh-token") -> Problem:
    """What a refresh, the call whose answer decides the most, makes of the server at ``url``."""

    async def scenario() -> Problem:
        pool = Pool(url)
        with pytest.raises(AuthError) as caught:
            await gateway(url, pool).refresh(token)
        await pool.aclose()
        error = caught.value
        assert error.__cause__ is None
        assert error.__context__ is None  # even a suppressed one would be kept, and with it what it was made of
        assert token not in "".join(traceback.format_exception(error))
        return error.problem

    return run(scenario)


JSON = {"Content-Type": "application/json"}
HALF = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n" + b'{"access_token": "'
UNREADABLE = {
    "a firewall's refusal": Reply(403, b"<html>Blocked</html>", {"Content-Type": "text/html"}),
    "a proxy's 502": Reply(502, b"<html>Bad gateway</html>"),
    "HTML with an ending code in a header": Reply(400, b"<html>", {"x-sb-error-code": "refresh_token_not_found"}),
    "an empty answer": Reply(200, b""),
    "null": Reply(200, b"null", JSON),
    "a list": Reply(200, [tokens()]),
    "a text": Reply(400, b'"refresh_token_not_found"', JSON),
    "JSON of something else": Reply(400, {"status": "no"}),
    "another shape": Reply(200, {"hello": "world"}),
    "a person without tokens": Reply(200, PERSON),
    "tokens without a person": Reply(200, {**tokens(), "user": None}),
    "no refresh token": Reply(200, {**tokens(), "refresh_token": ""}),
    "null for a token": Reply(200, {**tokens(), "access_token": None}),
    "a number for a token": Reply(200, {**tokens(), "refresh_token": 7}),
    "a lifetime in words": Reply(200, {**tokens(), "expires_in": "an hour"}),
    "a lifetime that is no number": Reply(200, json.dumps({**tokens(), "expires_in": float("nan")}).encode()),
    "a lifetime beyond all numbers": Reply(200, {**tokens(), "expires_in": 10**400}),
    "an endless lifetime": Reply(200, json.dumps({**tokens(), "expires_in": 0.5}).replace("0.5", "1e999").encode()),
    "JSON without end": Reply(400, b"[" * 100_000, JSON),
    "not UTF-8": Reply(400, b'{"code": "\xff\xfe"}', JSON),
    "half a refusal": Reply(raw=HALF.replace(b"200 OK", b"503 Service Unavailable")),
    "bad gzip": Reply(200, b"not gzip at all", {**JSON, "Content-Encoding": "gzip"}),
    "half a gzip": Reply(200, gzip.compress(b'{"a": 1}')[:9], {**JSON, "Content-Encoding": "gzip"}),
    "a redirect": Reply(302, {"message": "over there"}, {"Location": "/elsewhere"}),
    "plain text": Reply(404, b"404 page not found", {"Content-Type": "text/plain"}),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_not_the_servers_answer_is_unreadable(server: ScriptedServer, run: Run, name: str) -> None:
    server.play(UNREADABLE[name])
    found = problem_of(run, server.url)
    assert (found.kind, found.outcome, found.code) == (ErrorKind.SERVER, Outcome.UNREADABLE, "")
    assert len(server.seen) == 1


def test_a_packed_answer_is_unpacked(server: ScriptedServer, run: Run) -> None:
    said = json.dumps({"code": "session_expired", "message": "Session expired"}).encode()
    server.play(Reply(400, gzip.compress(said), {**JSON, "Content-Encoding": "gzip"}))
    assert problem_of(run, server.url).code == "session_expired"


REFUSED: dict[str, tuple[Reply, ErrorKind, str]] = {
    "the new shape": (
        Reply(400, {"code": "refresh_token_not_found", "message": "Invalid Refresh Token"}),
        ErrorKind.SESSION_ENDED,
        "refresh_token_not_found",
    ),
    "the old shape": (
        Reply(400, {"code": 400, "error_code": "refresh_token_already_used", "msg": "Already Used"}),
        ErrorKind.SESSION_ENDED,
        "refresh_token_already_used",
    ),
    "the OAuth shape": (
        Reply(400, {"error": "invalid_client", "error_description": "Client is gone"}),
        ErrorKind.REFUSED,
        "invalid_client",
    ),
    "a code in the header alone": (
        Reply(400, {"message": "Session expired"}, {"x-sb-error-code": "session_expired"}),
        ErrorKind.SESSION_ENDED,
        "session_expired",
    ),
    "the key check in front": (
        Reply(401, {"message": "Invalid API key", "hint": "Double check"}),
        ErrorKind.BAD_KEY,
        "",
    ),
    "a failure of the server": (
        Reply(500, {"code": "unexpected_failure", "message": "oh"}),
        ErrorKind.SERVER,
        "unexpected_failure",
    ),
    "too many at once": (Reply(409, {"code": "conflict", "message": "Too many"}), ErrorKind.REFUSED, "conflict"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_told_with_its_code_in_every_shape(server: ScriptedServer, run: Run, name: str) -> None:
    reply, kind, code = REFUSED[name]
    server.play(reply)
    found = problem_of(run, server.url)
    assert (found.outcome, found.status) == (Outcome.REFUSED, reply.status)
    assert (found.kind, found.code) == (kind, code)


RETRY: list[tuple[dict[str, str], str, float | None]] = [
    ({}, "For security purposes, you can only request this after 59 seconds.", 59.0),
    ({}, "For security purposes, you can only request this after 1 second.", 1.0),
    ({"Retry-After": "7"}, "only after 59 seconds", 7.0),
    ({"Retry-After": "Fri, 01 Jan 2027 00:00:30 GMT", "Date": "Fri, 01 Jan 2027 00:00:00 GMT"}, "", 30.0),
    ({"Retry-After": "Fri, 01 Jan 2027 00:00:00 GMT", "Date": "Fri, 01 Jan 2027 00:01:00 GMT"}, "", 0.0),
    ({"Retry-After": "soon"}, "later", None),
    ({"Retry-After": "-1"}, "", None),
    ({}, "email rate limit exceeded", None),
]


@pytest.mark.parametrize(("headers", "words", "seconds"), RETRY)
def test_the_servers_waiting_time_is_read(
    server: ScriptedServer, run: Run, headers: dict[str, str], words: str, seconds: float | None
) -> None:
    server.play(Reply(429, {"code": "over_request_rate_limit", "message": words}, headers))
    found = problem_of(run, server.url)
    assert (found.kind, found.retry_after) == (ErrorKind.RATE_LIMITED, seconds)


def test_a_waiting_time_is_read_from_an_answer_that_is_none(server: ScriptedServer, run: Run) -> None:
    server.play(Reply(503, b"<html>", {"Retry-After": "120"}))
    assert problem_of(run, server.url).retry_after == 120.0


@pytest.mark.parametrize("weak", [None, [], {"reasons": "length"}, {"reasons": ["length", 3, None]}])
def test_odd_reasons_for_a_weak_password_do_no_harm(server: ScriptedServer, run: Run, weak: Any) -> None:
    server.play(Reply(422, {"code": "weak_password", "message": "no", "weak_password": weak}))
    assert problem_of(run, server.url).reasons in ((), ("length",))


def test_nobody_listening_is_offline(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and never listening
        found = problem_of(run, f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert (found.kind, found.outcome, found.status) == (ErrorKind.OFFLINE, Outcome.UNREACHABLE, 0)


def test_a_name_that_does_not_exist_is_offline(run: Run) -> None:
    found = problem_of(run, "https://no-such-host.invalid")
    assert (found.kind, found.outcome) == (ErrorKind.OFFLINE, Outcome.UNREACHABLE)


def test_a_certificate_that_nobody_vouches_for_is_its_own_kind(run: Run, tmp_path: Path) -> None:
    tls, _ = self_made_certificate(tmp_path)
    with scripted_server(tls) as server:
        found = problem_of(run, server.url)
        assert (found.kind, found.outcome) == (ErrorKind.UNTRUSTED_CERTIFICATE, Outcome.UNREACHABLE)
        assert server.seen == []


def test_a_certificate_for_another_name_is_its_own_kind(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls, vouches = self_made_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(vouches))
    with scripted_server(tls) as server:
        found = problem_of(run, server.url.replace("127.0.0.1", "localhost"))
        assert found.kind == ErrorKind.UNTRUSTED_CERTIFICATE


def test_a_certificate_that_the_system_trusts_is_trusted(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls, vouches = self_made_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(vouches))
    told: list[float] = []
    with scripted_server(tls) as server:
        server.play(Reply(200, PERSON))

        async def scenario() -> None:
            pool = Pool(server.url)
            asked = gateway(server.url, pool, lambda moment, _: told.append(moment))
            assert (await asked.user(jwt())).id == PERSON["id"]
            await pool.aclose()

        run(scenario)
    assert len(told) == 1


def test_plain_http_behind_https_is_no_certificate_trouble(server: ScriptedServer, run: Run) -> None:
    found = problem_of(run, server.url.replace("http:", "https:"))
    assert (found.kind, found.outcome) == (ErrorKind.OFFLINE, Outcome.UNREACHABLE)


@pytest.mark.parametrize("token", ["a\nb", "ünï", "a\ud800b", "a\x00b"])
def test_a_token_that_cannot_be_sent_is_misuse_and_not_offline(server: ScriptedServer, run: Run, token: str) -> None:
    async def scenario() -> None:
        pool = Pool(server.url)
        with pytest.raises(AuthError) as caught:
            await gateway(server.url, pool).user(token)
        assert caught.value.problem == Problem(ErrorKind.MISUSE, "user", Outcome.MISUSE)
        await pool.aclose()

    run(scenario)
    assert server.seen == []


def test_an_empty_password_is_misuse_and_asks_nobody(server: ScriptedServer, run: Run) -> None:
    async def scenario() -> None:
        pool = Pool(server.url)
        with pytest.raises(AuthError) as caught:
            await gateway(server.url, pool).sign_in("", "")
        assert caught.value.kind == ErrorKind.MISUSE
        await pool.aclose()

    run(scenario)
    assert server.seen == []


def test_a_proxy_that_cannot_be_used_is_not_gone_round(
    run: Run, monkeypatch: pytest.MonkeyPatch, expected_logs: LogWatch
) -> None:
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    expected_logs("desktopauth.gateway: the system's proxy")
    assert problem_of(run, "https://project.invalid").kind == ErrorKind.MISUSE


def test_the_key_is_in_no_repr(server: ScriptedServer) -> None:
    asked = gateway(server.url, Pool(server.url))
    assert KEY not in repr(asked) + str(vars(asked).keys())
