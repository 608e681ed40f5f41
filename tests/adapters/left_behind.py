"""Run as a program: make every call to the server at argv[1], and search this process's memory for its secrets.

A process of its own, because the guards of a test keep every secret that they have seen. Prints call by
call the types of the objects that still refer to one.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from contextlib import suppress
from types import ModuleType

from desktopauth.adapters.pool import Pool
from desktopauth.core.errors import AuthError
from tests.adapters.gateway_verbs import VERBS, Verb, gateway, mark


async def main(url: str, *, cancel: bool) -> list[str]:
    pool = Pool(url)
    asked = gateway(url, pool)

    async def attempt(verb: Verb) -> None:
        call = asyncio.ensure_future(verb.call(asked, verb.secret()))
        if cancel:
            await asyncio.sleep(0.2)  # by then it waits for an answer that does not come
            call.cancel()
        await call

    found: list[str] = []
    for name, verb in VERBS.items():
        with suppress(AuthError, asyncio.CancelledError):
            await attempt(verb)
        await asyncio.sleep(0)  # the loop holds an exception until the step that it began is over
        found += [f"{name}: {holder}" for holder in holders(mark())]
    await pool.aclose()
    return found


def holders(needle: str) -> list[str]:
    """The types of all objects that refer to a text with the needle in it."""
    gc.collect()
    seen = {id(needle)}
    found = []
    for owner in gc.get_objects():
        if isinstance(owner, ModuleType):
            continue  # its dict is searched by itself, and CPython 3.12.1 never ends after a module was asked
        for held in gc.get_referents(owner):
            if isinstance(held, str | bytes | bytearray) and id(held) not in seen:
                seen.add(id(held))
                if needle in held if isinstance(held, str) else needle.encode() in held:
                    found.append(f"{type(owner).__module__}.{type(owner).__qualname__}")
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(sys.argv[1], cancel="cancel" in sys.argv))))
