"""The demo's notes: a person's own rows under row-level security, through the stock client that ``Auth`` hands out."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from desktopauth.core.auth import Auth
from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem

log = logging.getLogger("desktopauth.notes")

_NO_TABLE = ("42P01", "PGRST205")  # Postgres: undefined_table; PostgREST: not in its schema cache


class TableNotes:
    """Rows of the table ``notes`` (see ``resources/demo/schema.sql``), oldest first."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth

    async def read(self) -> list[str]:
        """All bodies. Raises AuthError."""
        rows = await _told(lambda client: client.table("notes").select("body").order("id").execute(), self._auth)
        return [str(row["body"]) for row in rows]

    async def add(self, body: str) -> None:
        """Append one. Raises AuthError."""
        owner = self._auth.user
        row = {"user_id": owner.id if owner else None, "body": body}
        await _told(lambda client: client.table("notes").insert(row).execute(), self._auth)


async def _told(call: Callable[[Any], Awaitable[Any]], auth: Auth) -> list[Any]:
    try:
        return list((await call(await auth.supabase())).data)
    except AuthError:
        raise
    except Exception as error:  # noqa: BLE001 - the boundary to the data client, which passes on four libraries' errors
        log.warning("notes: %s", type(error).__name__)
        raise AuthError(_problem(getattr(error, "code", None))) from None


def _problem(code: object) -> Problem:
    if code is None:  # not PostgREST's: nothing came back
        return Problem(ErrorKind.OFFLINE, "notes", Outcome.UNREACHABLE)
    kind = ErrorKind.TABLE_MISSING if code in _NO_TABLE else ErrorKind.REFUSED
    return Problem(kind, "notes", Outcome.REFUSED, code=str(code))
