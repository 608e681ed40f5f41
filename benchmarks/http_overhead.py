"""One request by ``Auth.http()`` over the same one by a raw ``httpx.AsyncClient``, in turn on one loop.

The small server is a process of its own, says who signed in, and answers everything else with the shortest JSON there
is, so that what is compared is the client's own work and not the server's. The fastest twentieths are compared: a
neighbour on the machine makes a request slower, and never faster.
"""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

from first_paint import Number

if TYPE_CHECKING:
    import httpx

HERE = Path(__file__).parent
WARM_UP, PAIRS = 200, 5000
GOAL = 1.03


def http_overhead() -> Number:
    """The ratio of the two bounds below which a twentieth of the requests lies, after some that only warm up."""
    with _server() as url:
        ratio = asyncio.run(_compare(url))
    return {"value": round(ratio, 3), "goal": GOAL, "unit": "x raw httpx request", "n": PAIRS}


async def _compare(url: str) -> float:
    import httpx

    from desktopauth import Config, connect

    config = Config(url=url, key="sb_publishable_benchmark", store="memory")
    with tempfile.TemporaryDirectory() as folder:
        async with connect(config, folder=Path(folder) / "state") as auth:
            await auth.sign_in("ada@example.com", "correct horse battery staple")
            ours = await auth.http(url)
            headers = {"Authorization": f"Bearer {await auth.access_token()}"}
            async with httpx.AsyncClient(headers=headers, trust_env=False) as raw:
                await _ratio(raw, ours, f"{url}/things", WARM_UP)
                return await _ratio(raw, ours, f"{url}/things", PAIRS)


async def _ratio(raw: httpx.AsyncClient, ours: httpx.AsyncClient, url: str, pairs: int) -> float:
    taken: dict[httpx.AsyncClient, list[int]] = {raw: [], ours: []}
    gc.collect()
    for turn in range(pairs):
        for client in (raw, ours) if turn % 2 else (ours, raw):
            started = time.perf_counter_ns()
            await client.get(url)
            taken[client].append(time.perf_counter_ns() - started)
    return quantiles(taken[ours], n=20)[0] / quantiles(taken[raw], n=20)[0]


@contextmanager
def _server() -> Iterator[str]:
    child = subprocess.Popen([sys.executable, str(HERE / "small_server.py")], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        yield f"http://127.0.0.1:{int(child.stdout.readline())}"
    finally:
        child.kill()
        child.wait()
