"""The tour's browser presses Allow where a provider asks, when the act has nodded, and nowhere else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from desktopauth.demo import visitor
from desktopauth.demo.provider import Provider, provider
from desktopauth.demo.visitor import NOD, allow
from tests.scenario import Run
from tests.scripted_server import Reply, scripted_server


def asking(there: Provider, back: str) -> str:
    return f"{there.url}/login/oauth/authorize?client_id=x&redirect_uri={back}/callback&state=ours"


def test_with_a_nod_it_goes_where_the_redirects_lead(provider_modules: Path, tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        with scripted_server() as app:
            app.always = lambda _: Reply(200, {})
            (tmp_path / NOD).touch()
            async with provider(provider_modules) as there:
                assert await asyncio.to_thread(allow, asking(there, app.url), tmp_path) == 0
            (came,) = app.seen
            assert came.path.startswith("/callback")
        assert list(tmp_path.iterdir()) == []

    run(scenario)


def test_without_a_nod_it_presses_nothing(
    provider_modules: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitor, "_PATIENCE", 0.2)

    async def scenario() -> None:
        with scripted_server() as app:
            async with provider(provider_modules) as there:
                assert await asyncio.to_thread(allow, asking(there, app.url), tmp_path) == 1
            assert app.seen == []

    run(scenario)


@pytest.mark.parametrize("page", ["http://127.0.0.1:9/", "file:///etc/hostname", "http://pretend.example/", ""])
def test_a_page_that_is_none_is_left_alone(page: str, tmp_path: Path) -> None:
    (tmp_path / NOD).touch()
    assert allow(page, tmp_path) == 1
    assert (tmp_path / NOD).exists()
