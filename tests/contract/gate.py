"""Our own gateway at a target, for cases that are plain functions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from desktopauth.adapters.gateway import SupabaseGateway
from desktopauth.adapters.pool import Pool
from desktopauth.core.errors import AuthError, ErrorKind, Problem
from desktopauth.core.models import Session
from desktopauth.core.ports import Mail
from tests.contract.target import Target

T = TypeVar("T")
Use = Callable[[SupabaseGateway], Awaitable[T]]


class Gate:
    """One call at a time; what the server refuses is an AssertionError, as in every other case of the suite."""

    def __init__(self, runner: asyncio.Runner, gateway: SupabaseGateway) -> None:
        self._runner, self._gateway = runner, gateway

    def ask(self, use: Use[T]) -> T:
        async def asked() -> T:
            return await use(self._gateway)

        try:
            return self._runner.run(asked())
        except AuthError as error:
            problem = error.problem
        raise AssertionError(f"{problem.call} was refused: {problem.kind} ({problem.status} {problem.code})")

    def refusal(self, use: Use[object], kind: ErrorKind) -> Problem:
        """What the server said no with, which has to be told as of this kind."""

        async def asked() -> Problem | None:
            try:
                await use(self._gateway)
            except AuthError as error:
                return error.problem
            return None

        found = self._runner.run(asked())
        assert found, "it was not refused"
        assert found.kind is kind, f"{found.call} was told as {found.kind} ({found.status} {found.code})"
        return found

    def verified(self, to: str, code: str, mail: Mail = "email") -> Session:
        session = self.ask(lambda gateway: gateway.verify(to, code, mail))
        assert session, "a code that was no more than half of what is asked for"
        return session


@contextmanager
def gate(target: Target) -> Iterator[Gate]:
    with asyncio.Runner() as runner:
        pool = Pool(target.url)
        try:
            yield Gate(runner, SupabaseGateway(target.url, target.key, pool, observe=lambda *_: None))
        finally:
            runner.run(pool.aclose())
