"""Tokens as the keeper hands them out, in the test's hand."""

from __future__ import annotations

import asyncio

from desktopauth.core.errors import AuthError, Problem
from tests.adapters.gateway_verbs import jwt


class Live:
    """``token`` is what is handed out; a renewal gives ``fresh``, once ``may_renew`` is set."""

    def __init__(self, token: str | None, fresh: str | None = None) -> None:
        self.token, self.fresh = token, fresh
        self.asked, self.refused = 0, list[str]()
        self.problem: Problem | None = None  # why there is no token to be had
        self.may_renew = asyncio.Event()
        self.may_renew.set()

    async def access_token(self) -> str | None:
        self.asked += 1
        if self.problem:
            raise AuthError(self.problem)
        return self.token

    async def renew(self, refused: str) -> str | None:
        self.refused.append(refused)
        await self.may_renew.wait()
        if self.fresh:
            self.token = self.fresh
        return self.fresh


def two() -> Live:
    """A token, and another behind it."""
    return Live(jwt(n=1), jwt(n=2))
