"""What people get wrong, in real processes: a sentence, a non-zero exit where it is a command, never a traceback."""

from __future__ import annotations

import base64
import json
import shutil
import socket
from pathlib import Path

import pytest

from desktopauth.demo.server import EmbeddedServer
from tests.canary import Canary
from tests.demo.people import PASSWORD
from tests.demo.registry import refusing
from tests.journeys.processes import Started, started
from tests.journeys.test_ends import cache
from tests.journeys.test_tour import command
from tests.scenario import Run
from tests.scripted_server import Reply, scripted_server

__all__ = ["cache", "started"]

KEY = "sb_publishable_x"
URL = "https://project.test"


def service_role_key(canary: Canary) -> str:
    def encoded(part: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")

    made = ".".join([encoded({"alg": "HS256", "typ": "JWT"}), encoded({"role": "service_role"}), canary.secret("key")])
    canary.learn(made, "service_role key")
    return made


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://project.test", "begins with http://, which anybody on the way can read. Use https://."),
        ("http://192.168.0.7:8000", "Use https://."),
        ("project", "must begin with https://."),
        ("https://", "names no server"),
        (
            "https://supabase.com/dashboard/project/abcdefgh",
            "The project's own address is https://abcdefgh.supabase.co",
        ),
        ("https://127.0.0.1:99999", "cannot be read"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused_in_a_sentence(
    canary: Canary, tmp_path: Path, url: str, words: str
) -> None:
    done = command(canary, "--url", url, "--key", KEY, "--profile-dir", tmp_path / "profile")
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.parametrize("kind", ["service_role", "sb_secret"])
def test_a_key_that_can_do_anything_is_refused_and_never_repeated(canary: Canary, tmp_path: Path, kind: str) -> None:
    """It comes from the file, as the canary minds secrets in arguments and environment."""
    key = service_role_key(canary) if kind == "service_role" else f"sb_secret_{canary.secret('key')}"
    profile = tmp_path / "profile"
    profile.mkdir(mode=0o700)
    canary.exempt(profile)  # a person wrote it there
    (profile / "config.toml").write_text(f'url = "{URL}"\nkey = "{key}"\n')
    (profile / "profile-id").write_text("0" * 32)
    done = command(canary, "--profile-dir", profile)
    assert done.returncode == 2
    assert "must never be in an app" in done.stderr


def test_without_a_screen_it_says_so(canary: Canary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    from desktopauth import cli

    monkeypatch.delenv("QT_QPA_PLATFORM")
    said: list[str] = []
    assert cli._main(["--url", URL, "--key", KEY, "--profile-dir", str(tmp_path / "p")], said.append) == 2
    assert len(said) == 1
    assert "no screen" in said[0]


def test_a_server_that_is_not_there_and_one_that_is_another_are_told_at_the_form(
    started: Started, tmp_path: Path, run: Run
) -> None:
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with scripted_server() as server:
            page = Reply(404, b"<html>Not here</html>", {"Content-Type": "text/html"})
            server.always = lambda _: page
            for url, words in ((nobody, "can't be reached"), (server.url, "isn't answering properly")):
                where = ("--profile-dir", tmp_path / "profile", "--store", "memory")
                async with started("--url", url, "--key", KEY, *where) as app:
                    await app.do("fill", "Email", "ada@example.com")
                    await app.do("fill", "Password", PASSWORD)
                    await app.do("press", "Sign in")
                    await app.do("sees", words)
                    await app.do("press", "Sign in")  # the form can be used again
                    await app.do("sees", words)
                    app.close_window()
                    assert await app.ends() == 0

    run(scenario, deadline=60)


def test_a_port_that_is_taken_is_told_in_the_window_and_on_the_terminal(
    started: Started, cache: Path, lite: EmbeddedServer, run: Run
) -> None:
    port = lite.url.rpartition(":")[2]

    async def scenario() -> None:
        where = ("--temp-profile", "--store", "memory", "--port", port)
        async with started("demo", *where, XDG_CACHE_HOME=str(cache)) as app:
            await app.prints(f"Port {port} is in use by another program.")
            app.close_window()
            assert await app.ends() == 1

    run(scenario)


def test_a_corrupt_cache_that_cannot_be_mended_is_told_and_is_not_run(
    started: Started, demo_modules: Path, tmp_path: Path, run: Run
) -> None:
    ours = tmp_path / "cache" / "desktopauth"
    ours.mkdir(mode=0o700, parents=True)
    shutil.copytree(demo_modules, ours / demo_modules.name, symlinks=True)
    (ours / demo_modules.name / "node_modules" / "@supabase" / "lite" / "package.json").write_text("{}")

    async def scenario() -> None:
        with refusing(503) as registry:
            where = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "npm_config_registry": registry}
            async with started("demo", "--temp-profile", "--store", "memory", **where) as app:
                await app.prints("The installed demo server is incomplete or changed; installing it again")
                await app.prints("The demo server could not be installed: the package registry has trouble of its own.")
                app.close_window()
                assert await app.ends() == 1
        assert "Starting the demo server" not in app.printed

    run(scenario)


def test_a_cache_that_is_no_folder_is_told(canary: Canary, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir(mode=0o700)
    (tmp_path / "cache" / "desktopauth").write_text("not a folder")
    done = command(
        canary,
        "demo",
        "--temp-profile",
        "--store",
        "memory",
        XDG_CACHE_HOME=str(tmp_path / "cache"),
        TMPDIR=str(tmp_path),
    )
    assert done.returncode == 2
    assert "cannot be used" in done.stderr


def test_a_profile_that_others_can_look_into_is_refused(canary: Canary, tmp_path: Path) -> None:
    (tmp_path / "profile").mkdir()
    (tmp_path / "profile").chmod(0o755)
    (tmp_path / "profile" / "something").write_text("")
    done = command(canary, "--url", URL, "--key", KEY, "--profile-dir", tmp_path / "profile")
    assert done.returncode == 2
    assert "Others can look into the folder" in done.stderr
