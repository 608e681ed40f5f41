"""Run as a program: receive a redirect on a machine whose loopback is as argv[1] says, and print what came of it.

whole            as every machine is
taken FIRST ...  in a network of its own that has two ports, of which these addresses have the first or both
six              in a network of its own without 127.0.0.1
hold             print the address, and wait until killed
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from desktopauth.core.redirect import Granted, Verdict
from tests.adapters.strangers import browse, granting, loopback, soon

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


async def main(mode: str, *taken: str) -> dict[str, Any]:
    held = make_scarce(*taken) if mode == "taken" else []
    try:
        async with loopback() as receiver:
            if mode == "hold":
                print(receiver.address, flush=True)  # noqa: T201
                await asyncio.Event().wait()
            if mode == "taken":
                _RANGE.write_text("32768 60999")  # the browser needs ports as well
            return await received(receiver)
    except OSError as error:
        return {"refused": error.errno}
    finally:
        for each in held:
            each.close()


async def received(receiver: Any) -> dict[str, Any]:
    browser = asyncio.create_task(browse(granting(receiver)))
    outcome = await receiver.wait(soon())
    receiver.settle(Verdict.SIGNED_IN)
    page = await browser
    [bound] = receiver._server.sockets
    return {"came": isinstance(outcome, Granted), "page": page.status, "host": bound.getsockname()[0]}


def make_scarce(*taken: str) -> list[socket.socket]:
    """Leave two ports, and take them at these addresses (``127.0.0.1:40000``)."""
    _RANGE.write_text("40000 40001")
    held = []
    for each in taken:
        host, _, port = each.rpartition(":")
        made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        made.bind((host, int(port)))
        made.listen()
        held.append(made)
    return held


if __name__ == "__main__":
    if sys.argv[1] in ("taken", "six"):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    if sys.argv[1] == "six":
        subprocess.run(["ip", "address", "delete", "127.0.0.1/8", "dev", "lo"], check=True)
    sys.stdout.write(json.dumps(asyncio.run(main(*sys.argv[1:]))))
