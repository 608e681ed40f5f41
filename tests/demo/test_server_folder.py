"""What lies in the server's folder: private, kept, for one server at a time, and never deleted when it is damaged."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import stat
from pathlib import Path

import pytest

from desktopauth.demo.errors import DemoError
from desktopauth.demo.server import EmbeddedServer
from tests.demo.children import line_of, python
from tests.demo.people import Serve, bearer, client, confirmed, refresh, sign_in


def failure(server: EmbeddedServer) -> str:
    """The sentence with which the server refuses to start."""

    async def scenario() -> str:
        with pytest.raises(DemoError) as refused:
            async with server:
                pass
        return refused.value.sentence

    return asyncio.run(scenario())


def test_every_file_is_private_whatever_the_umask(serve: Serve) -> None:
    async def scenario() -> dict[str, int]:
        async with serve() as server, client(server) as http:
            await confirmed(server, http)
            files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in server.folder.iterdir()}
            return files | {"": stat.S_IMODE(server.folder.stat().st_mode)}

    before = os.umask(0)
    try:
        modes = asyncio.run(scenario())
    finally:
        os.umask(before)
    assert modes.pop("") == 0o700
    assert {"data.db", "keys.json", "mailbox.jsonl"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_a_folder_that_was_open_to_others_is_closed(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "server"
    folder.mkdir(mode=0o755)
    (folder / "mailbox.jsonl").touch(mode=0o644)
    (folder / "somebody-elses.txt").touch(mode=0o644)

    async def scenario() -> None:
        async with serve():
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}
            assert (modes["server"], modes["mailbox.jsonl"]) == (0o700, 0o600)
            assert modes["somebody-elses.txt"] == 0o644

    asyncio.run(scenario())


@pytest.mark.parametrize("name", ["with space", "데모 프로필", "per%20cent?#&"])
def test_the_folder_may_have_any_name(serve: Serve, name: str) -> None:
    async def scenario() -> None:
        async with serve(name) as server, client(server) as http:
            assert (await http.get("/auth/v1/settings")).status_code == 200
            assert (server.folder / "data.db").stat().st_size > 0

    asyncio.run(scenario())


def test_keys_differ_per_profile(serve: Serve) -> None:
    async def scenario() -> None:
        async with serve("one") as one, serve("two") as two:
            assert one.publishable_key != two.publishable_key
            kept = [(server.folder / "keys.json").read_text().split('"')[3::4] for server in (one, two)]
            assert len({*kept[0], *kept[1]}) == 6
            async with client(two, apikey=one.publishable_key) as http:
                assert (await http.get("/rest/v1/notes")).status_code == 401

    asyncio.run(scenario())


@pytest.mark.parametrize("damage", ["{", None])
def test_damaged_or_missing_keys_are_made_anew_and_the_account_is_kept(serve: Serve, damage: str | None) -> None:
    told: list[str] = []

    async def scenario() -> None:
        async with serve() as server, client(server) as http:
            session = await confirmed(server, http)
        keys = server.folder / "keys.json"
        keys.unlink() if damage is None else keys.write_text(damage)
        async with serve(tell=told.append) as server, client(server) as http:
            stale = await http.get("/auth/v1/user", headers=bearer(session))
            assert (stale.status_code, stale.json()["error_code"]) == (403, "bad_jwt")
            assert (await refresh(http, session["refresh_token"])).status_code == 200
            assert (await sign_in(http, session["user"]["email"])).status_code == 200
        async with serve(tell=told.append):
            pass

    asyncio.run(scenario())
    assert len(told) == 1
    assert "you may have to sign in again" in told[0]


def test_a_port_in_use_is_named(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert failure(serve(port=port)).startswith(f"Port {port} is in use by another program.")


@pytest.mark.parametrize("port", [70000, -1])
def test_a_port_that_cannot_be_is_a_sentence(serve: Serve, port: int) -> None:
    assert failure(serve(port=port)) == (
        f"This system does not let us use port {port}. Choose one between 1024 and 65535."
    )


def test_a_port_that_was_asked_for_is_used(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def scenario() -> None:
        async with serve(port=port) as server:
            assert server.url == f"http://127.0.0.1:{port}"

    asyncio.run(scenario())


def damage_page(database: Path) -> None:
    content = bytearray(database.read_bytes())
    content[4096 : 3 * 4096] = os.urandom(2 * 4096)
    database.write_bytes(content)


def cut_short(database: Path) -> None:
    database.write_bytes(database.read_bytes()[: 5 * 4096 + 100])


def replace(database: Path) -> None:
    database.write_bytes(b"this is not a database at all" * 500)


@pytest.mark.parametrize("damage", [damage_page, cut_short, replace])
def test_a_damaged_database_is_named_and_left_alone(serve: Serve, damage: object) -> None:
    async def scenario() -> Path:
        async with serve() as server:
            return server.folder

    folder = asyncio.run(scenario())
    database = folder / "data.db"
    assert callable(damage)
    damage(database)
    left = database.read_bytes()
    sentence = failure(serve())
    assert f"database in {folder} is damaged. Move that folder somewhere else" in sentence
    assert database.read_bytes() == left


def test_rows_of_a_write_that_was_cut_off_are_rolled_back(serve: Serve) -> None:
    async def scenario() -> None:
        async with serve() as server:
            pass
        script = (
            "import os, sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
            "db.execute('pragma cache_size=1'); db.execute('begin immediate');"
            "db.execute('create table half as with recursive n(x) as"
            " (select 1 union all select x + 1 from n where x < 50000) select x from n'); os._exit(9)"
        )
        async with python(script, server.folder / "data.db") as writer:
            assert await writer.wait() == 9
        assert (server.folder / "data.db-journal").exists()
        async with serve() as server, client(server) as http:
            assert (await http.get("/auth/v1/settings")).status_code == 200
        with sqlite3.connect(server.folder / "data.db") as database:
            assert database.execute("select count(*) from sqlite_master where name='half'").fetchone() == (0,)
        database.close()

    asyncio.run(scenario())


HOLDER = """
import asyncio, sys
from pathlib import Path
from desktopauth.demo.server import EmbeddedServer

async def main():
    async with EmbeddedServer(Path(sys.argv[1]), modules=Path(sys.argv[2]), tell=print):
        print("ready", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_a_second_server_on_one_folder_is_refused_until_the_first_is_gone(
    serve: Serve, demo_modules: Path, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with python(HOLDER, tmp_path / "server", demo_modules) as first:
            assert await line_of(first) == "ready"
            with pytest.raises(DemoError, match="already running with this profile"):
                await serve().__aenter__()
            first.kill()
            await first.wait()
            async with serve() as server:
                assert server.pid

    asyncio.run(scenario())


def test_a_file_in_the_place_of_the_folder_is_a_sentence(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "server").write_text("not a folder")
    assert failure(serve()).startswith(f"The demo cannot use the folder {tmp_path / 'server'}")


def test_a_missing_installation_is_a_sentence(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "server", modules=tmp_path / "nowhere", tell=print)
    assert failure(server).startswith("The demo server could not start.")
