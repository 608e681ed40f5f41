"""The demo's pretend GitHub: it says that it is none, it ends with the app, and without it there is still a demo."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from desktopauth.demo.errors import DemoError
from desktopauth.demo.install import PROVIDER, install
from desktopauth.demo.project import demo_server
from desktopauth.demo.provider import PERSON, Provider, provider
from desktopauth.demo.server import EmbeddedServer
from tests.demo.children import alive, children_of, line_of, python, wait_until_gone
from tests.demo.people import client
from tests.scenario import Run

NOBODY = "http://127.0.0.1:9"  # where no registry listens
NO_DOOR = 'The demo starts without "Continue with GitHub".'
ASKING = "/login/oauth/authorize?client_id=x&redirect_uri=http://127.0.0.1:9/callback&state=ours"

PARENT = """
import asyncio, sys
from pathlib import Path
from desktopauth.demo.project import demo_server

async def main():
    async with demo_server(Path(sys.argv[1]), Path(sys.argv[2]), lambda _: None):
        print("ready", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def browser(there: Provider, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=there.url, headers=headers, trust_env=False)


async def offers_github(server: EmbeddedServer) -> bool:
    async with client(server) as http:
        return bool((await http.get("/auth/v1/settings")).json()["external"]["github"])


@pytest.fixture
def server_alone(demo_modules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache from the days before there was a provider, and no network any more."""
    cache = tmp_path / "cache"
    shutil.copytree(demo_modules, cache / demo_modules.name, symlinks=True)
    monkeypatch.setenv("npm_config_registry", NOBODY)
    return cache


def test_its_page_says_that_it_is_not_github_and_who_is_made_up(provider_modules: Path, run: Run) -> None:
    async def scenario() -> None:
        async with provider(provider_modules) as there, browser(there) as http:
            page = await http.get(ASKING)
            assert "This is not GitHub" in page.text
            assert str(PERSON["name"]) in page.text
            there.seat(PERSON | {"name": "<b>Ada</b> & 'co'"})
            while "&#60;b&#62;Ada&#60;/b&#62; &#38; &#39;co&#39;" not in (await http.get(ASKING)).text:
                await asyncio.sleep(0.01)
            policy = page.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy

    run(scenario)


def test_cancel_there_goes_back_with_a_no(provider_modules: Path, run: Run) -> None:
    async def scenario() -> None:
        async with provider(provider_modules) as there, browser(there) as http:
            back = await http.post(ASKING, data={"say": "no"})
            query = parse_qs(urlsplit(back.headers["location"]).query)
            assert (query["error"], query["state"]) == (["access_denied"], ["ours"])
            assert "code" not in query

    run(scenario)


@pytest.mark.parametrize("header", [{"Host": "pretend.example"}, {"Origin": "https://pretend.example"}])
def test_a_web_page_cannot_drive_it(provider_modules: Path, run: Run, header: dict[str, str]) -> None:
    async def scenario() -> None:
        async with provider(provider_modules) as there, browser(there, **header) as http:
            assert (await http.post(ASKING, data={"say": "yes"})).status_code == 403

    run(scenario)


def test_the_demo_has_its_door_and_leaves_no_process(
    demo_modules: Path, provider_modules: Path, tmp_path: Path
) -> None:
    async def scenario() -> None:
        before = set(children_of(os.getpid()))
        async with demo_server(tmp_path / "server", demo_modules.parent, lambda _: None) as server:
            assert server.providers == ("github",)
            assert await offers_github(server)
            assert len(set(children_of(os.getpid())) - before) == 2
        assert set(children_of(os.getpid())) <= before

    asyncio.run(scenario())


def test_killing_the_app_ends_it(demo_modules: Path, provider_modules: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with python(PARENT, tmp_path / "server", demo_modules.parent) as app:
            assert await line_of(app) == "ready"
            children = children_of(app.pid)
            assert len([child for child in children if alive(child)]) == 2
            app.kill()
            for child in children:
                await wait_until_gone(child)

    asyncio.run(scenario())


def test_an_older_cache_without_a_network_is_a_demo_without_the_door(server_alone: Path, tmp_path: Path) -> None:
    told: list[str] = []

    async def scenario() -> None:
        async with demo_server(tmp_path / "server", server_alone, told.append) as server:
            assert server.providers == ()
            assert not await offers_github(server)

    asyncio.run(scenario())
    (said,) = [sentence for sentence in told if sentence.startswith(NO_DOOR)]
    assert "The pretend GitHub could not be installed: the package registry cannot be reached." in said


def test_an_older_cache_is_added_to(
    server_alone: Path, demo_modules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("npm_config_registry")
    told: list[str] = []

    async def scenario() -> None:
        async with demo_server(tmp_path / "server", server_alone, told.append) as server:
            assert await offers_github(server)

    asyncio.run(scenario())
    assert told == [
        "Looking for the demo server...",
        "Installing the pretend GitHub (once, under 1 MB)...",
        "The pretend GitHub is installed.",
        "Starting the demo server...",
    ]
    assert asyncio.run(install(server_alone, told.append)).name == demo_modules.name


def test_one_that_does_not_start_is_a_sentence(tmp_path: Path) -> None:
    async def scenario() -> None:
        before = set(children_of(os.getpid()))
        with pytest.raises(DemoError, match="The pretend GitHub could not start"):
            await provider(tmp_path).__aenter__()
        assert set(children_of(os.getpid())) <= before

    asyncio.run(scenario())


def test_cancelling_its_start_leaves_no_process(provider_modules: Path) -> None:
    async def scenario() -> None:
        before = set(children_of(os.getpid()))
        for turns in range(1, 60, 6):
            running = provider(provider_modules)
            start = asyncio.ensure_future(running.__aenter__())
            for _ in range(turns):
                await asyncio.sleep(0.005)
            start.cancel()
            try:
                await start
            except asyncio.CancelledError:
                pass
            else:
                await running.__aexit__(None, None, None)
            assert set(children_of(os.getpid())) <= before

    asyncio.run(scenario())


def test_a_damaged_one_is_installed_again_in_its_own_words(
    provider_modules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = shutil.copytree(provider_modules, tmp_path / "cache" / provider_modules.name, symlinks=True)
    (damaged / "manifest.json").unlink()
    monkeypatch.setenv("npm_config_registry", NOBODY)
    told: list[str] = []
    with pytest.raises(DemoError, match="The pretend GitHub could not be installed"):
        asyncio.run(install(tmp_path / "cache", told.append, recipe=PROVIDER))
    assert told == [
        "The installed pretend GitHub is incomplete or changed; installing it again (under 1 MB)...",
    ]
