"""The server runs alike on Qt's event loop, where asyncio's own subprocess support cannot be relied on."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.demo.children import alive, python

ON_QT = """
import asyncio, sys
from pathlib import Path
import qasync
from PySide6.QtCore import QCoreApplication
from desktopauth.demo.install import install
from desktopauth.demo.server import EmbeddedServer

async def main():
    folder, cache = map(Path, sys.argv[1:])
    modules = await install(cache, print)
    async with EmbeddedServer(folder, modules=modules, tell=print) as server:
        assert isinstance(asyncio.get_running_loop(), qasync.QEventLoop)
        print(server.pid, flush=True)
        watcher = asyncio.ensure_future(server.ended())
        await asyncio.sleep(0)
    assert await watcher is None

application = QCoreApplication([])
loop = qasync.QEventLoop(application)
asyncio.set_event_loop(loop)
with loop:
    loop.run_until_complete(main())
print("done", flush=True)
"""


def test_install_start_and_end_work_on_the_loop_of_qt(demo_modules: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with python(ON_QT, tmp_path / "server", demo_modules.parent) as app:
            output = (await app.communicate())[0].decode().splitlines()
        assert (app.returncode, output[1:]) == (0, ["done"]), output
        assert not alive(int(output[0]))

    asyncio.run(scenario())
