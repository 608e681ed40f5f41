"""Requests go by the proxies that the system names, each by its own, and never to loopback through one."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import httpx
import pytest

from desktopauth.adapters.pool import Pool
from desktopauth.adapters.routes import UnusableProxyError
from desktopauth.adapters.transport import unsigned_client
from tests.scenario import Run
from tests.scripted_server import Reply, ScriptedServer, scripted_server


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as found:
        found.always = lambda _: Reply(200, {})
        yield found


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with scripted_server() as proxy:
        proxy.always = lambda _: Reply(200, {})
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("https_proxy", proxy.url.removeprefix("http://"))
        yield proxy


def get(run: Run, *urls: str, made_for: tuple[str, ...] = ()) -> None:
    async def scenario() -> None:
        pool = Pool(*made_for)
        try:
            client = unsigned_client(await pool.open())
            for url in urls:
                await client.get(url)
        finally:
            await pool.aclose()

    run(scenario)


def test_loopback_never_goes_through_a_proxy(proxied: ScriptedServer, server: ScriptedServer, run: Run) -> None:
    get(run, server.url, server.url.replace("127.0.0.1", "localhost"))
    assert (len(server.seen), len(proxied.seen)) == (2, 0)


def test_the_systems_proxy_is_used(proxied: ScriptedServer, run: Run) -> None:
    get(run, "http://project.invalid/rest/v1/notes", made_for=("http://project.invalid",))
    assert [seen.path for seen in proxied.seen] == ["http://project.invalid/rest/v1/notes"]


def test_each_address_goes_its_own_way(proxied: ScriptedServer, server: ScriptedServer, run: Run) -> None:
    get(run, server.url, "http://api.invalid/", f"{server.url}/again", "http://other.invalid/", made_for=(server.url,))
    assert [seen.path for seen in proxied.seen] == ["http://api.invalid/", "http://other.invalid/"]
    assert len(server.seen) == 2


def test_what_the_system_exempts_goes_round_the_proxy(
    proxied: ScriptedServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "project.invalid")
    with pytest.raises(httpx.ConnectError):
        get(run, "http://project.invalid/")
    assert proxied.seen == []


@pytest.mark.parametrize("address", ["socks5://127.0.0.1:1080", "socks4://127.0.0.1:1", "http://[::1", "ftp://proxy:1"])
def test_a_proxy_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch, address: str, run: Run) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("https_proxy", address)
    for urls, made_for in ((("https://project.invalid",), ()), ((), ("https://project.invalid",))):
        with pytest.raises(UnusableProxyError):
            get(run, *urls, made_for=made_for)
    gc.collect()


def test_after_the_end_no_new_connection_is_opened(server: ScriptedServer, run: Run) -> None:
    async def scenario() -> None:
        pool = Pool(server.url)
        client = unsigned_client(await pool.open())
        await client.get(server.url)
        await pool.aclose()
        with pytest.raises(RuntimeError, match="Auth has been left"):
            await client.get(server.url)

    run(scenario)
    assert len(server.seen) == 1
