"""A person at the demo's server, over raw HTTP: what the tests see does not depend on any client of ours."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import httpx

from desktopauth.demo.server import EmbeddedServer

# Makes a server in a folder of the test: serve(name, port=..., jwt_expiry=..., tell=...).
Serve = Callable[..., EmbeddedServer]

PASSWORD = "correct horse battery"


def client(server: EmbeddedServer, **headers: str) -> httpx.AsyncClient:
    """An HTTP client at the server's address, with the publishable key and no proxies."""
    headers = {"apikey": server.publishable_key} | headers
    return httpx.AsyncClient(base_url=server.url, headers=headers, trust_env=False)


def somebody() -> str:
    """A mail address that nobody has used."""
    return f"{uuid.uuid4().hex[:12]}@example.com"


async def sign_up(http: httpx.AsyncClient, email: str) -> httpx.Response:
    return await http.post("/auth/v1/signup", json={"email": email, "password": PASSWORD})


async def sign_in(http: httpx.AsyncClient, email: str) -> httpx.Response:
    grant = {"email": email, "password": PASSWORD}
    return await http.post("/auth/v1/token", params={"grant_type": "password"}, json=grant)


async def refresh(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post("/auth/v1/token", params={"grant_type": "refresh_token"}, json={"refresh_token": token})


async def confirmed(server: EmbeddedServer, http: httpx.AsyncClient) -> dict[str, Any]:
    """Sign somebody up, confirm them by the mailed code, and give the session."""
    email = somebody()
    (await sign_up(http, email)).raise_for_status()
    code = await server.mailbox.wait_for_code(email)
    verified = await http.post("/auth/v1/verify", json={"type": "signup", "email": email, "token": code})
    return verified.raise_for_status().json()


def bearer(session: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {session['access_token']}"}
