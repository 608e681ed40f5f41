"""The server never outlives the app, however the app ends, and the app hears of it when the server dies first."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from desktopauth.demo.errors import DemoError
from tests.demo.children import alive, children_of, line_of, python, wait_until_gone
from tests.demo.people import PASSWORD, Serve, client, sign_up, somebody

PARENT = """
import asyncio, subprocess, sys
from pathlib import Path
from desktopauth.demo.server import EmbeddedServer

async def main():
    folder, modules, how = sys.argv[1:]
    async with EmbeddedServer(Path(folder), modules=Path(modules), tell=print) as server:
        # Inherits every descriptor that can be inherited, and lives on.
        bystander = subprocess.Popen(["sleep", "60"], close_fds=False, start_new_session=True, stdout=-3)
        print(server.pid, bystander.pid, flush=True)
        if how == "wait":
            await asyncio.sleep(60)
    if how == "exit":
        bystander.kill()
        bystander.wait()
        print("ended", flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killing_the_app_ends_its_server(demo_modules: Path, tmp_path: Path, ending: signal.Signals) -> None:
    async def scenario() -> None:
        async with python(PARENT, tmp_path / "server", demo_modules, "wait") as parent:
            server, bystander = map(int, (await line_of(parent)).split())
            try:
                parent.send_signal(ending)
                await wait_until_gone(server)
                assert alive(bystander)
            finally:
                os.kill(bystander, signal.SIGKILL)

    asyncio.run(scenario())


def test_leaving_the_context_leaves_no_process(demo_modules: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with python(PARENT, tmp_path / "server", demo_modules, "exit") as parent:
            server = int((await line_of(parent)).split()[0])
            assert await line_of(parent) == "ended"
            assert not alive(server)
            assert await parent.wait() == 0

    asyncio.run(scenario())


def test_a_server_that_hangs_is_killed(serve: Serve) -> None:
    async def scenario() -> None:
        async with serve() as server:
            os.kill(server.pid, signal.SIGSTOP)
        assert not alive(server.pid)

    asyncio.run(scenario())


def test_sigterm_ends_the_server_in_order(serve: Serve) -> None:
    async def scenario() -> None:
        async with serve() as server:
            os.kill(server.pid, signal.SIGTERM)
            await wait_until_gone(server.pid)

    asyncio.run(scenario())


def test_cancelling_the_start_leaves_no_process(serve: Serve) -> None:
    async def scenario() -> None:
        before = children_of(os.getpid())
        for turns in range(1, 60, 4):
            server = serve(f"turn-{turns}")
            start = asyncio.create_task(server.__aenter__())
            for _ in range(turns):
                await asyncio.sleep(0.005)
            start.cancel()
            try:
                await start
            except asyncio.CancelledError:
                pass
            else:
                await server.__aexit__(None, None, None)
            assert children_of(os.getpid()) == before

    asyncio.run(scenario())


def test_a_server_that_dies_is_reported_with_a_log_that_holds_no_secret(
    serve: Serve, expected_logs: Callable[[str], None]
) -> None:
    expected_logs("the demo server ended by itself with code -9")

    async def scenario() -> None:
        async with serve() as server:
            email = somebody()
            async with client(server) as http:
                await sign_up(http, email)
                # Lite fails at this one, and prints a message and a stack.
                broken = {"user_id": "no uuid", "body": email, "created_at": PASSWORD}
                assert (await http.post("/rest/v1/notes", json=broken)).status_code >= 400
            os.kill(server.pid, signal.SIGKILL)
            died = await server.ended()
            assert isinstance(died, DemoError)
            assert "Start the demo again" in died.sentence
            log = server.folder / "server.log"
            assert str(log) in died.sentence
            assert stat.S_IMODE(log.stat().st_mode) == 0o600
            kept = log.read_text(encoding="utf-8")
            assert email not in kept
            assert PASSWORD not in kept
            assert "RLS policy violation" not in kept  # messages may quote a request; kinds and places stay
            assert kept.startswith("Error\n    at ")

    asyncio.run(scenario())


def test_nobody_is_told_of_an_end_that_was_asked_for(serve: Serve) -> None:
    async def scenario() -> None:
        async with serve() as server:
            watcher = asyncio.create_task(server.ended())
            await asyncio.sleep(0)
        assert await watcher is None

    asyncio.run(scenario())


def test_child_gets_no_secret_in_its_arguments_and_nothing_of_our_environment(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", "not for children")
    monkeypatch.setenv("NODE_OPTIONS", "--throw-deprecation")
    monkeypatch.setenv("LITE_TELEMETRY", "1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    async def scenario() -> None:
        async with serve() as server:
            process = Path("/proc", str(server.pid))
            environment = dict(
                item.split("=", 1) for item in (process / "environ").read_text().split("\0") if "=" in item
            )
            arguments = (process / "cmdline").read_text()
            keys = (server.folder / "keys.json").read_text()
        assert environment == {"LITE_TELEMETRY": "0", "DO_NOT_TRACK": "1", "NO_COLOR": "1"}
        secrets = keys.split('"')[3::4]
        assert len(secrets) == 3
        assert [secret for secret in secrets if secret in arguments] == []

    asyncio.run(scenario())
