"""The server answers as an auth and data server, over raw HTTP, and only at its own address."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from typing import Any

import httpx
import pytest

from desktopauth.demo.server import EmbeddedServer
from tests.demo.people import Serve, bearer, client, confirmed, refresh, sign_in, sign_up, somebody


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def test_signing_up_mails_a_six_digit_code_that_confirms(lite: EmbeddedServer) -> None:
    async def scenario() -> None:
        email = somebody()
        async with client(lite) as http:
            answer = await sign_up(http, email)
            assert (answer.status_code, "access_token" in answer.json()) == (200, False)
            code = await lite.mailbox.wait_for_code(email)
            assert len(code) == 6
            assert code.isdigit()
            refused = await sign_in(http, email)
            assert (refused.status_code, refused.json()["error_code"]) == (400, "email_not_confirmed")
            verified = await http.post("/auth/v1/verify", json={"type": "signup", "email": email, "token": code})
            assert verified.status_code == 200
            assert verified.json()["user"]["email"] == email
            assert (await sign_in(http, email)).status_code == 200

    asyncio.run(scenario())


def test_access_token_lives_as_long_as_asked_and_names_its_session(serve: Serve) -> None:
    async def scenario() -> None:
        async with serve(jwt_expiry=5) as server, client(server) as http:
            session = await confirmed(server, http)
            token = claims(session["access_token"])
            assert session["expires_in"] == token["exp"] - token["iat"] == 5
            renewed = (await refresh(http, session["refresh_token"])).json()
            assert claims(renewed["access_token"])["session_id"] == token["session_id"]
            assert renewed["refresh_token"] != session["refresh_token"]

    asyncio.run(scenario())


def test_passwords_under_eight_characters_are_refused(lite: EmbeddedServer) -> None:
    async def scenario() -> None:
        async with client(lite) as http:
            answer = await http.post("/auth/v1/signup", json={"email": somebody(), "password": "1234567"})
            assert (answer.status_code, answer.json()["error_code"]) == (422, "weak_password")

    asyncio.run(scenario())


def test_nobody_reads_or_writes_the_notes_of_another_person(lite: EmbeddedServer) -> None:
    async def scenario() -> None:
        async with client(lite) as http:
            anna, ben = await confirmed(lite, http), await confirmed(lite, http)
            note = {"user_id": anna["user"]["id"], "body": "only Anna's: 메모"}
            wrote = await http.post("/rest/v1/notes", json=note, headers=bearer(anna))
            forged = await http.post("/rest/v1/notes", json=note, headers=bearer(ben))
            assert (wrote.status_code, forged.status_code) == (201, 403)
            rows = [(await http.get("/rest/v1/notes", headers=who)).json() for who in (bearer(anna), bearer(ben), {})]
            assert [[row["body"] for row in found] for found in rows] == [[note["body"]], [], []]
            await http.delete("/rest/v1/notes", params={"user_id": f"eq.{note['user_id']}"}, headers=bearer(ben))
            kept = await http.get("/rest/v1/notes", headers=bearer(anna))
            assert len(kept.json()) == 1

    asyncio.run(scenario())


def test_accounts_notes_and_codes_survive_a_restart(serve: Serve) -> None:
    async def scenario() -> None:
        async with serve() as server, client(server) as http:
            session = await confirmed(server, http)
            row = {"user_id": session["user"]["id"], "body": "remember me"}
            (await http.post("/rest/v1/notes", json=row, headers=bearer(session))).raise_for_status()
            waiting = somebody()
            await sign_up(http, waiting)
            key = server.publishable_key
        async with serve() as server, client(server) as http:
            assert server.publishable_key == key
            notes = await http.get("/rest/v1/notes", headers=bearer(session))
            assert [note["body"] for note in notes.json()] == ["remember me"]
            assert (await refresh(http, session["refresh_token"])).status_code == 200
            late = {"type": "signup", "email": waiting, "token": server.mailbox.latest_code(waiting)}
            assert (await http.post("/auth/v1/verify", json=late)).status_code == 200

    asyncio.run(scenario())


FOREIGN: list[dict[str, str]] = [
    {"Host": "evil.example"},
    {"Host": "localhost:{port}"},
    {"Host": "127.0.0.1"},
    {"Host": "127.0.0.1:1"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "http://localhost:{port}"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=lambda headers: "".join(f"{k}={v}" for k, v in headers.items()))
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_a_foreign_host_or_origin_never_reaches_the_server(
    lite: EmbeddedServer, headers: dict[str, str], method: str
) -> None:
    async def scenario() -> None:
        port = httpx.URL(lite.url).port
        foreign = {name: value.format(port=port) for name, value in headers.items()}
        async with client(lite, **foreign) as http:
            answer = await http.request(method, "/auth/v1/settings")
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers

    asyncio.run(scenario())


def test_its_own_origin_is_welcome(lite: EmbeddedServer) -> None:
    async def scenario() -> None:
        async with client(lite, Origin=lite.url) as http:
            assert (await http.get("/auth/v1/settings")).status_code == 200

    asyncio.run(scenario())


def test_an_absolute_request_target_cannot_smuggle_another_host(lite: EmbeddedServer) -> None:
    port = httpx.URL(lite.url).port
    assert port is not None
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        request = f"GET http://evil.example/auth/v1/settings HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
        connection.sendall(request.encode())
        assert connection.recv(64).startswith(b"HTTP/1.1 403 ")


def test_without_the_publishable_key_nothing_is_answered(lite: EmbeddedServer) -> None:
    async def scenario() -> None:
        async with client(lite, apikey="") as http:
            statuses = [(await http.get(path)).status_code for path in ("/auth/v1/user", "/rest/v1/notes")]
        assert statuses == [401, 401]

    asyncio.run(scenario())


def test_nothing_between_keeps_an_answer(lite: EmbeddedServer) -> None:
    async def scenario() -> None:
        async with client(lite) as http:
            session = await confirmed(lite, http)
            answers = [
                await refresh(http, session["refresh_token"]),
                await http.get("/auth/v1/user", headers=bearer(session)),
                await http.get("/auth/v1/authorize", params={"provider": "github"}),
            ]
            assert [answer.headers.get_list("cache-control") for answer in answers] == [["no-store"]] * 3

    asyncio.run(scenario())


def test_providers_are_those_that_it_was_given(lite: EmbeddedServer, serve: Serve) -> None:
    github = {"client_id": "us", "secret": "only made up", "url": "http://127.0.0.1:9"}

    async def offered(server: EmbeddedServer) -> bool:
        async with client(server) as http:
            return (await http.get("/auth/v1/settings")).json()["external"]["github"]

    async def scenario() -> None:
        assert not await offered(lite)
        async with serve(providers={"github": github}) as server, client(server) as http:
            assert await offered(server)
            back = {"provider": "github", "redirect_to": "http://127.0.0.1:5/back"}
            sent = (await http.get("/auth/v1/authorize", params=back)).next_request
            assert sent
            assert str(sent.url.copy_with(query=None)) == "http://127.0.0.1:9/login/oauth/authorize"
            assert sent.url.params["client_id"] == "us"

    asyncio.run(scenario())
