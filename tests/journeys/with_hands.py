"""Run as a program: the real command line, with a person's hands in its window.

Each line on stdin is [deed, *words] with a deed of ``Hands``, answered by a line on stdout; ["close"] closes the window
at whatever moment, and has no answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections import deque
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktopauth import cli
from desktopauth.adapters import entry
from desktopauth.qt import hands
from desktopauth.qt.hands import Hands, NotSeenError
from desktopauth.qt.shell import Shell
from desktopauth.qt.widgets import View


class Ears(QObject):
    """Hears on a thread of its own what is said on stdin, and tells the window's thread."""

    said = Signal(list)

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._shell, self._begun = shell, False
        self.deeds: deque[list[str]] = deque()
        self.said.connect(self._hear)
        threading.Thread(target=self._listen, daemon=True).start()

    def begin(self) -> None:
        """There is something to see; once is enough."""
        if not self._begun:
            self._begun = True
            self._shell.commands.start(obey(self._shell, self))

    def _listen(self) -> None:
        for line in sys.stdin:
            self.said.emit(json.loads(line))

    def _hear(self, deed: list[str]) -> None:
        if deed == ["close"]:
            self._shell.close()
        else:
            self.deeds.append(deed)


async def obey(shell: Shell, ears: Ears) -> None:
    person = Hands(shell)
    while True:
        while not ears.deeds:
            await asyncio.sleep(0.01)
        name, *words = ears.deeds.popleft()
        try:
            answer = await getattr(person, name)(*words)
        except NotSeenError as error:
            answer = f"not seen: {error}"
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def main() -> int:
    hands._PATIENCE = 20.0
    home = Path(os.environ.pop("HOME_OF_LOCKS"))
    entry._account_home = lambda: home
    make, attach, put = Shell.__init__, Shell.attach, Shell.put

    def made(shell: Shell, *args: Any, **more: Any) -> None:
        make(shell, *args, **more)
        shell.ears = Ears(shell)  # type: ignore[attr-defined]

    def attached(shell: Shell, *args: Any) -> None:
        attach(shell, *args)
        shell.ears.begin()  # type: ignore[attr-defined]

    def was_put(shell: Shell, view: View) -> None:
        put(shell, view)
        shell.ears.begin()  # type: ignore[attr-defined]

    Shell.__init__, Shell.attach, Shell.put = made, attached, was_put  # type: ignore[method-assign, assignment]
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
