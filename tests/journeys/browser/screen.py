"""What is seen of a browser without asking it: a screen for its window, and what every process was started with."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.scenario import need


@contextmanager
def screen() -> Iterator[str]:
    """A screen that nobody sees: what DISPLAY says of it."""
    hear, tell = os.pipe()
    command = [need("Xvfb"), "-displayfd", str(tell), "-screen", "0", "1024x768x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[tell], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        os.close(tell)
        with open(hear, encoding="ascii") as said:  # noqa: PTH123 - a file descriptor
            number = said.readline().strip()
        try:
            yield f":{number}"
        finally:
            server.terminate()


def arguments() -> str:
    """The arguments of every process of this machine, as anybody on it can see them."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            lines.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return "\n".join(lines)
