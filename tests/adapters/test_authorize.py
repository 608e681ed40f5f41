"""The server is asked for the provider's address first: what it refuses is an error before any browser opens."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote_plus, urlsplit

import httpx
import pytest

from desktopauth.adapters.authorize import provider_address
from desktopauth.adapters.browser import open_in_browser
from desktopauth.adapters.pool import Pool
from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem
from desktopauth.core.pkce import Proof
from desktopauth.core.redirect import Granted, Verdict
from desktopauth.demo.server import EmbeddedServer
from tests.adapters.strangers import browse, loopback, soon
from tests.canary import Canary
from tests.conftest import LogWatch
from tests.double.server import DoubleServer, double
from tests.double.settings import Settings
from tests.scenario import Run, need
from tests.scripted_server import Reply, ScriptedServer, scripted_server

BACK = "http://127.0.0.1:5/the-path?state=the-state"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as found:
        yield found


@pytest.fixture
def gotrue() -> Iterator[DoubleServer]:
    with double(Settings(providers=("github", "custom:acme"))) as found:
        yield found


async def address(url: str, **given: Any) -> str:
    pool = Pool(url)
    asked = {"provider": "github", "redirect_to": BACK, "challenge": Proof.new().challenge} | given
    try:
        return await provider_address(url, pool, **asked)
    finally:
        await pool.aclose()


def refused(run: Run, url: str, **given: Any) -> Problem:
    async def scenario() -> Problem:
        with pytest.raises(AuthError) as caught:
            await address(url, **given)
        assert caught.value.__context__ is None
        assert "the-state" not in "".join(traceback.format_exception(caught.value))
        return caught.value.problem

    return run(scenario)


def test_one_request_asks_for_everything_and_carries_no_key(server: ScriptedServer, run: Run) -> None:
    server.play(Reply(302, b"", {"Location": "https://provider.test/login?state=1"}))
    proof = Proof.new()
    found = run(
        lambda: address(
            f"{server.url}/auth/v1/",
            provider="custom:acme",
            challenge=proof.challenge,
            scopes="read:user email",
            options={"prompt": "login", "redirect_to": "https://evil.test/", "code_challenge_method": "plain"},
        )
    )
    assert found == "https://provider.test/login?state=1"
    [seen] = server.seen
    where = urlsplit(seen.path)
    assert (seen.method, where.path) == ("GET", "/auth/v1/authorize")
    assert dict(parse_qsl(where.query, strict_parsing=True)) == {
        "provider": "custom:acme",
        "redirect_to": BACK,
        "code_challenge": proof.challenge,
        "code_challenge_method": "s256",
        "scopes": "read:user email",
        "prompt": "login",
    }
    assert not {"authorization", "apikey", "cookie"} & {name for name, _ in seen.headers}
    assert proof.verifier not in seen.path


def test_the_redirect_is_not_followed(server: ScriptedServer, run: Run) -> None:
    server.play(Reply(302, b"", {"Location": f"{server.url}/login"}))
    assert run(lambda: address(server.url)) == f"{server.url}/login"
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("location", "opened"),
    [
        (
            "https://provider.test/a?redirect_to={}&state=x%2Fy+z&b=~#end",
            "https://provider.test/a?state=x%2Fy+z&b=~#end",
        ),
        ("https://provider.test/a?redirect_to={}", "https://provider.test/a"),
        ("https://provider.test/a?b=&next={}x&c", "https://provider.test/a?b=&next={}x&c"),
        ("https://provider.test/?", "https://provider.test/"),
    ],
)
def test_a_server_that_hands_our_redirect_on_to_the_provider_has_it_taken_out(
    server: ScriptedServer, run: Run, location: str, opened: str
) -> None:
    server.play(Reply(302, b"", {"Location": location.format(quote_plus(BACK))}))
    assert run(lambda: address(server.url)) == opened.format(quote_plus(BACK))


def test_a_relative_location_is_the_servers_own(server: ScriptedServer, run: Run) -> None:
    server.play(Reply(303, b"", {"Location": "/auth/v1/login?x=1"}))
    assert run(lambda: address(f"{server.url}/auth/v1")) == f"{server.url}/auth/v1/login?x=1"


NOWHERE = {
    "no location": {},
    "an empty one": {"Location": ""},
    "a program": {"Location": "ms-msdt:/id"},
    "a file": {"Location": "file:///etc/passwd"},
    "without TLS": {"Location": "http://provider.test/"},
    "somebody's name in it": {"Location": "https://provider.test@evil.test/"},
    "no address at all": {"Location": "https://[x/"},
    "a script": {"Location": "javascript:alert(1)"},
}


@pytest.mark.parametrize("headers", NOWHERE.values(), ids=NOWHERE)
def test_a_place_where_no_browser_may_go_is_a_fault_of_the_server(
    server: ScriptedServer, run: Run, headers: dict[str, str]
) -> None:
    server.play(Reply(302, b"", headers))
    assert refused(run, server.url) == Problem(ErrorKind.SERVER, "authorize", Outcome.UNREADABLE, 302)


@pytest.mark.parametrize(
    ("reply", "kind", "outcome"),
    [
        (Reply(200, {"url": "https://provider.test"}), ErrorKind.SERVER, Outcome.UNREADABLE),
        (Reply(200, b"<html>Sign in to the network</html>"), ErrorKind.CAPTIVE_PORTAL, Outcome.UNREADABLE),
        (Reply(204), ErrorKind.SERVER, Outcome.UNREADABLE),
        (Reply(404, b"404 page not found\n"), ErrorKind.SERVER, Outcome.UNREADABLE),
        (Reply(500, {"code": 500, "msg": "no"}), ErrorKind.SERVER, Outcome.REFUSED),
        (Reply(429, {"code": "over_request_rate_limit", "message": "x"}), ErrorKind.RATE_LIMITED, Outcome.REFUSED),
        (Reply(401, {"message": "No API key found in request"}), ErrorKind.BAD_KEY, Outcome.REFUSED),
        (Reply(raw=b""), ErrorKind.OFFLINE, Outcome.LOST),
    ],
)
def test_anything_else_is_told_by_its_kind(
    server: ScriptedServer, run: Run, reply: Reply, kind: ErrorKind, outcome: Outcome
) -> None:
    server.play(reply)
    found = refused(run, server.url)
    assert (found.kind, found.call, found.outcome) == (kind, "authorize", outcome)


def test_nobody_there_is_being_offline(run: Run) -> None:
    with scripted_server() as gone:
        url = gone.url
    assert refused(run, url) == Problem(ErrorKind.OFFLINE, "authorize", Outcome.UNREACHABLE)


def test_a_proxy_that_cannot_be_used_is_a_mistake_of_the_configuration(
    run: Run, monkeypatch: pytest.MonkeyPatch, expected_logs: LogWatch
) -> None:
    expected_logs("desktopauth.authorize: the system's proxy is of a kind that cannot be used")
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert refused(run, "https://auth.test") == Problem(ErrorKind.MISUSE, "authorize", Outcome.MISUSE)


@pytest.mark.parametrize("provider", ["gitlab", "custom:other", "", "<script>"])
def test_a_provider_that_is_off_is_an_error_before_any_browser_opens(
    gotrue: DoubleServer, run: Run, provider: str
) -> None:
    found = refused(run, gotrue.project.url, provider=provider)
    assert found == Problem(ErrorKind.PROVIDER_OFF, "authorize", Outcome.REFUSED, 400, "validation_failed")
    assert gotrue.project.flows == []


def test_supabase_lite_refuses_a_provider_that_is_off(lite: EmbeddedServer, run: Run) -> None:
    found = refused(run, f"{lite.url}/auth/v1")
    assert found == Problem(ErrorKind.PROVIDER_OFF, "authorize", Outcome.REFUSED, 400, "validation_failed")


async def exchanged(gotrue: DoubleServer, code: str, verifier: str) -> httpx.Response:
    url, key = gotrue.project.url, gotrue.project.settings.key
    async with httpx.AsyncClient(headers={"apikey": key}, trust_env=False) as client:
        body = {"auth_code": code, "code_verifier": verifier}
        return await client.post(f"{url}/token", params={"grant_type": "pkce"}, json=body)


@pytest.mark.parametrize("provider", ["github", "custom:acme"])
def test_from_the_address_to_a_session(gotrue: DoubleServer, run: Run, canary: Canary, provider: str) -> None:
    async def scenario() -> None:
        proof, url = Proof.new(), gotrue.project.url
        canary.learn(proof.verifier, "verifier")
        async with loopback() as receiver:
            canary.learn(parse_qs(urlsplit(receiver.address).query)["state"][0], "state")
            start = await address(url, provider=provider, redirect_to=receiver.address, challenge=proof.challenge)
            assert start.startswith(f"{url}/provider?state=")
            browser = asyncio.create_task(browse(start))
            outcome = await receiver.wait(soon())
            assert isinstance(outcome, Granted)
            wrong = await exchanged(gotrue, outcome.code, Proof.new().verifier)
            assert wrong.json()["error_code"] == "bad_code_verifier"
            right = await exchanged(gotrue, outcome.code, proof.verifier)
            assert right.json()["user"]["app_metadata"]["provider"] == provider
            receiver.settle(Verdict.SIGNED_IN)
            assert "You are signed in" in (await browser).body

    run(scenario)


def test_the_browser_is_started_with_nothing_of_ours(
    gotrue: DoubleServer, run: Run, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER", need("true"))
    proof, secret_path = Proof.new(), canary.secret("path")
    for value, kind in ((proof.verifier, "verifier"), (proof.challenge, "challenge")):
        canary.learn(value, kind)

    async def scenario() -> None:
        redirect = f"http://127.0.0.1:5/{secret_path}?state={canary.secret('state')}"
        start = await address(gotrue.project.url, redirect_to=redirect, challenge=proof.challenge)
        assert await open_in_browser(start)

    run(scenario)
