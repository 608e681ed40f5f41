"""A provider with a page to press Allow or Cancel on, and the demo's server with its GitHub door pointed at it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from desktopauth.demo.node import find_node

RECIPE = Path(__file__).with_name("provider")
NAME = "<img src=x onerror=alert(1)> Lovelace"


@dataclass(frozen=True)
class Provider:
    """It knows nothing but the person who sits at the browser."""

    process: subprocess.Popen[bytes]
    url: str

    def seat(self, email: str) -> None:
        """From now on this person is the one who is signed in there."""
        number = int.from_bytes(email.encode()) % 1_000_000_007
        self._tell({"id": number, "login": f"u{number}", "name": NAME, "email": email})

    def fall_ill(self) -> None:
        """From now on it lets people through, and does not say who they are."""
        self._tell({})

    def _tell(self, person: dict[str, object]) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(person).encode() + b"\n")
        self.process.stdin.flush()


@contextmanager
def running(modules: Path) -> Iterator[Provider]:
    command = [find_node().program, RECIPE / "provider.mjs", modules / "node_modules"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        port = json.loads(process.stdout.readline())["port"]
        yield Provider(process, f"http://127.0.0.1:{port}")
