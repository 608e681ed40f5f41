"""No project is configured: the window asks which one it is, or opens the demo, before there is any session half."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:  # it is imported before the first paint
    import asyncio

    from desktopauth.qt.shell import Shell
    from desktopauth.qt.views.connect import Check

T = TypeVar("T")
Prepare = Callable[[Callable[[str], None]], AbstractAsyncContextManager[T]]


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """What may become of it: a project that ``check`` finds well and ``keep`` remembers, or the ``demo``.

    ``url`` and ``key`` are what is known already. ``keep`` raises ValueError with a sentence, or OSError.
    """

    check: Check
    keep: Callable[[str, str], Prepare[T]]
    demo: Prepare[T]
    url: str = ""
    key: str = field(default="", repr=False)


async def choose(shell: Shell, choice: Choice[T]) -> Prepare[T]:
    """Ask until one of them is chosen. Cancelled, the question is taken back."""
    import asyncio

    from desktopauth.qt.views.connect import ConnectView

    chosen: asyncio.Future[Prepare[T]] = asyncio.get_running_loop().create_future()
    view = ConnectView(shell.commands, choice.check, url=choice.url, key=choice.key)

    def connected(url: str, key: str) -> None:
        try:
            _settle(chosen, choice.keep(url, key))
        except ValueError as problem:
            view.refuse(str(problem))
        except OSError as problem:
            view.refuse(f"The settings can't be written: {problem.strerror}.")

    view.connected.connect(connected)
    view.demo_wanted.connect(lambda: _settle(chosen, choice.demo))
    shell.put(view)
    try:
        return await chosen
    finally:
        shell.take_off(view)


def _settle(chosen: asyncio.Future[Prepare[T]], prepare: Prepare[T]) -> None:
    if not chosen.done():
        chosen.set_result(prepare)
