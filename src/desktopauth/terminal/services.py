"""The services with an address of their own, as a doctor sees them: named, and asked whether anything is there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from desktopauth.adapters.answers import Heard, Silence
from desktopauth.adapters.config import SERVICES, Config, Service
from desktopauth.adapters.inquiry import ask
from desktopauth.terminal.findings import Finding, fail, ok, warn

_DOWN = 500  # from this status on it is in trouble; any other answer is one of a server that wants to know who asks


def examine_services(config: Config) -> Iterator[Finding]:
    """One line for each address that was configured; those under the project's own need none."""
    named = [name for name in SERVICES if config.address(name) != f"{config.url}/{name}/v1"]
    try:
        heard = asyncio.run(ask([_probe(config, name) for name in named], config.key)) if named else []
    except ValueError:
        yield fail("services", "the proxy can't be used", "Name an http:// or https:// proxy in the system's settings.")
        return
    for name, answer in zip(named, heard, strict=True):
        yield _found(name, config.address(name), answer)


def _probe(config: Config, name: Service) -> str:
    """What every such server has an answer to, if only that it is the wrong one."""
    ends = {"auth": "/health", "rest": "/", "storage": "/status", "functions": "/", "realtime": "/websocket"}
    return config.address(name) + ends[name]


def _found(name: str, address: str, answer: Heard) -> Finding:
    if isinstance(answer, Silence):
        why = "its certificate isn't trusted" if answer.untrusted else f"no answer ({answer.cause})"
        bad = fail if name == "auth" else warn
        return bad(f"{name} URL", f"{address}: {why}", f"Check {name}_url in the settings, and the connection.")
    if answer.status >= _DOWN:
        return warn(f"{name} URL", f"{address} is in trouble ({answer.status})", f"Check {name}_url in the settings.")
    return ok(f"{name} URL", f"{address} answers")
