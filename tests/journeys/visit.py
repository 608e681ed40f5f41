"""All that an app asks of a network in one visit: sign in, refresh, a data call, a call to an API of its own.

Run as a program it makes the visit in a process of its own: an order on stdin, {"url", "key", "folder", "email",
"password", "api"}, and "green" on stdout.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from desktopauth import Auth, AuthEvent, Config, connect


async def everything(auth: Auth, email: str, password: str, api: str) -> None:
    """Somebody signs in, is refreshed, writes and reads a note, and asks the API at ``api``."""
    await auth.sign_in(email, password)
    heard = list[AuthEvent]()
    with auth.subscribe(lambda change: heard.append(change.event)):
        await auth.refresh()
    assert heard == [AuthEvent.INITIAL_SESSION, AuthEvent.TOKEN_REFRESHED]
    assert auth.user is not None
    notes = (await auth.supabase()).table("notes")
    body = os.urandom(8).hex()
    await notes.insert({"user_id": auth.user.id, "body": body}).execute()
    found = await notes.select("body").eq("body", body).execute()
    assert found.data == [{"body": body}]
    answer = await (await auth.http(api)).get(f"{api}/whoami")
    assert answer.json() == {"signed": True}


async def visit(told: dict[str, Any]) -> None:
    config = Config(url=told["url"], key=told["key"], store="memory")
    async with connect(config, folder=Path(told["folder"])) as auth:
        await everything(auth, told["email"], told["password"], told["api"])


if __name__ == "__main__":
    asyncio.run(visit(json.loads(sys.stdin.read())))
    sys.stdout.write("green\n")
