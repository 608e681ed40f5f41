"""What a test does behind the server's back: letting rows grow old, banning somebody, deleting somebody.

In the double by its clock and tables, elsewhere by SQL, so that no test has to wait.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from tests.double.project import Project

#: The moments that the rows of one user hold, and the condition that finds these rows.
_OF_USER = "user_id = '{user}'"
_MOMENTS = {
    "users": (("confirmation_sent_at", "recovery_sent_at", "email_change_sent_at"), "id = '{user}'"),
    "sessions": (("created_at", "refreshed_at"), _OF_USER),
    "refresh_tokens": (("created_at", "updated_at"), _OF_USER),
    "flow_state": (("created_at",), _OF_USER),
}
_MOMENTS_OF_POSTGRES = {
    "users": (("reauthentication_sent_at", "phone_change_sent_at"), "id = '{user}'"),
    "one_time_tokens": (("created_at",), _OF_USER),
    "mfa_factors": (("created_at",), _OF_USER),
    "mfa_challenges": (("created_at",), "factor_id IN (SELECT id FROM auth.mfa_factors WHERE user_id = '{user}')"),
}


class Hands(Protocol):
    """Reaches for one user by id; ages are in seconds."""

    def age(self, user: str, seconds: float) -> None: ...

    def ban(self, user: str) -> None: ...

    def remove(self, user: str) -> None: ...


class DoubleHands:
    """In the double everything grows old together, access tokens too."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def age(self, user: str, seconds: float) -> None:
        self._project.clock.advance(seconds)

    def ban(self, user: str) -> None:
        self._project.users[user].banned = True

    def remove(self, user: str) -> None:
        self._project.remove(self._project.users[user])


class LiteHands:
    """Supabase Lite keeps the same tables in a SQLite file."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def age(self, user: str, seconds: float) -> None:
        for table, (columns, where) in _MOMENTS.items():
            moved = ", ".join(f"{c} = strftime('%Y-%m-%dT%H:%M:%fZ', {c}, '-{seconds:f} seconds')" for c in columns)
            self._run(f'UPDATE "auth.{table}" SET {moved} WHERE {where.format(user=user)}')

    def ban(self, user: str) -> None:
        self._run(f"UPDATE \"auth.users\" SET banned_until = '2999-01-01T00:00:00.000Z' WHERE id = '{user}'")

    def remove(self, user: str) -> None:
        self._run(f"DELETE FROM \"auth.users\" WHERE id = '{user}'")

    def _run(self, statement: str) -> None:
        with closing(sqlite3.connect(self._database, timeout=10)) as database, database:
            database.execute("PRAGMA foreign_keys = ON")
            database.execute(statement)


class PostgresHands:
    """A real project's database, by the ``psql`` program; the password goes by the environment, never by arguments."""

    def __init__(self, dsn: str) -> None:
        parts = urlsplit(dsn)
        named = {
            "PGHOST": parts.hostname,
            "PGPORT": str(parts.port or 5432),
            "PGUSER": unquote(parts.username or ""),
            "PGPASSWORD": unquote(parts.password or ""),
            "PGDATABASE": parts.path.lstrip("/") or "postgres",
        }
        self._environment = {**os.environ, **{name: value for name, value in named.items() if value}}

    def age(self, user: str, seconds: float) -> None:
        for table, (columns, where) in [*_MOMENTS.items(), *_MOMENTS_OF_POSTGRES.items()]:
            moved = ", ".join(f"{column} = {column} - interval '{seconds:f} seconds'" for column in columns)
            self._run(f"UPDATE auth.{table} SET {moved} WHERE {where.format(user=user)}")

    def ban(self, user: str) -> None:
        self._run(f"UPDATE auth.users SET banned_until = now() + interval '1 year' WHERE id = '{user}'")

    def remove(self, user: str) -> None:
        self._run(f"DELETE FROM auth.users WHERE id = '{user}'")

    def _run(self, statement: str) -> None:
        command = ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"]
        subprocess.run(command, input=statement, env=self._environment, check=True, text=True, capture_output=True)
