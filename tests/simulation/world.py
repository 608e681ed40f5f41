"""One world: a server, a machine with a keyring and a disk, two copies of an app, and a person; one seed, one story."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.simulation import other_client, ours
from tests.simulation.apps import App
from tests.simulation.chaos import Change, server_weather
from tests.simulation.kernel import Kernel
from tests.simulation.keyring import Flavour, Vessel
from tests.simulation.loop import VirtualLoop
from tests.simulation.machine import START, Killed, Machine, Process, on_birth
from tests.simulation.server import AuthServer
from tests.simulation.verdict import Verdict
from tests.simulation.wire import Air, Way

_FAST = Path("/dev/shm")  # a disk in memory, where there is one
_FLAVOURS: tuple[Flavour, ...] = ("linux", "linux", "macos", "windows")
_LIVES = (900, 1800, 1800, 3600)


class World:
    """``client`` is ``ours`` or ``supabase_auth``. ``slots`` are the places where a copy of the app may run."""

    def __init__(self, seed: int, days: int, client: str, folder: Path, say: Callable[[str], None] | None) -> None:
        rng = random.Random(f"{seed} world")
        random.seed(seed)  # the product's own jitter
        self.client, self.days, self.seed = client, days, seed
        self.loop = VirtualLoop(on_birth)
        self.loop.set_exception_handler(self._unhandled)
        self.machine = Machine(self.loop, random.Random(f"{seed} machine"), self._killed)
        self.verdict = verdict = Verdict(self.machine, say)
        life = rng.choice(_LIVES)
        self.server = AuthServer(self.machine, random.Random(f"{seed} server"), verdict, rng.choice((1, 2)), life)
        self.vessel = Vessel(rng.choice(_FLAVOURS), random.Random(f"{seed} keyring"), verdict.hit)
        self.air = Air(self.machine, random.Random(f"{seed} air"), verdict)
        self.kernel = Kernel(folder)
        self.slots: dict[str, App] = {}
        self.weather = server_weather(seed, days, life)
        self._opened = 0
        self._timer: asyncio.TimerHandle | None = None
        verdict.honours, verdict.refuses = self.server.honours, lambda: self.vessel.refuses
        verdict.troubled = lambda: self.vessel.trouble != ""
        verdict.life, verdict.peek = lambda: self.server.life, self._peek

    # ---- time

    @property
    def elapsed(self) -> float:
        """True seconds since the beginning."""
        return self.machine.true() - START

    def suspend(self, seconds: float) -> None:
        """The lid is closed: the world goes on, the machine's own clock does not, and no connection outlives it."""
        self.verdict.say("the machine sleeps for %.0f s", seconds)
        end = self.elapsed + seconds
        while self.weather and self.weather[0].at <= end:
            self.machine.slept += max(0.0, self.weather[0].at - self.elapsed)
            self._happens(self.weather.pop(0))
        self.machine.slept += max(0.0, end - self.elapsed)
        self.machine.naps += 1
        self.verdict.hit("suspend")
        self._expect_weather()

    def _expect_weather(self) -> None:
        if self._timer:
            self._timer.cancel()
        if self.weather:
            due = max(0.0, self.weather[0].at - self.elapsed)
            self._timer = self.loop.call_later(due, self._weather_changes)

    def _weather_changes(self) -> None:
        while self.weather and self.weather[0].at <= self.elapsed + 1e-3:
            self._happens(self.weather.pop(0))
        self._expect_weather()

    def _happens(self, change: Change) -> None:
        server = self.server
        self.verdict.say("server: %s %s", change.what, change.value)
        match change.what:
            case "trouble":
                server.trouble = change.value
            case "better":
                server.trouble = "" if server.trouble == change.value else server.trouble
            case "life":
                self.verdict._count()
                self.verdict.chaos["short_life"] += change.value <= 120
                server.live_for(change.value)
            case "unban":
                server.ban(False)
            case "end":
                self._server_ends(change.value)

    def _server_ends(self, how: str) -> None:
        """Sessions really end: deleted by an administrator, by a new password elsewhere, or the person is banned."""
        project = self.server.project
        for session in list(project.sessions.values()):
            if self.verdict.ended_by_server(session.id):
                self.verdict.hit("server_end")
            if how != "ban":
                project.end(session)
        if how == "ban":
            self.server.ban(True)
            later = Change(self.elapsed + self.machine.rng.uniform(600, 7200), "unban")
            self.weather.append(later)
            self.weather.sort(key=lambda change: change.at)

    # ---- apps

    def open(self, slot: str) -> App:
        """Start a copy of the app. It runs until it is closed, killed, or steps into a trap."""
        self._opened += 1
        process = Process(self.machine, f"{slot}{self._opened}")
        self.verdict.hit("app_opened")
        self.verdict.say("%s: opened", process.name)
        app = process.call(self._made, process)
        self.slots[slot] = app
        return app

    def _made(self, process: Process) -> App:
        way = Way(process, self.air, self.server)
        if self.client == "ours":
            return ours.OurApp(process, way, self.server, self.vessel, self.kernel, self.verdict)
        return other_client.OtherApp(process, way, self.server, self.vessel, self.verdict)

    def running(self) -> list[App]:
        return [app for app in self.slots.values() if app.process.alive]

    def end(self, app: App) -> None:
        """What is left of a process after it was closed ends with it."""
        if app.process.alive:
            self.verdict.say("%s: gone", app.process.name)
            app.process.die()
            self.verdict.died(app.process)

    def kill(self, app: App, kind: str = "kill") -> None:
        if app.process.alive:
            app.process.die()
            self._killed(app.process, kind, "outright")

    def _killed(self, process: Process, kind: str, where: str) -> None:
        process.alive = False
        self.verdict.hit(kind)
        self.verdict.say("%s: killed at %s (%s)", process.name, where, kind)
        self.verdict.died(process)

    def _peek(self) -> tuple[str, str] | None:
        if self.client != "ours":
            return other_client.stored(self.vessel)
        session = self.vessel.stored(ours.ENTRY)
        return (session.id, session.refresh_token) if session else None

    def _unhandled(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is None or isinstance(error, Killed) or self.client != "ours":
            return
        self.verdict.breach("unhandled", "%s: %r", context.get("message"), error)


def live(seed: int, days: int, client: str, say: Callable[[str], None] | None = None) -> dict[str, Any]:
    """Run one world to its end, and return what came of it."""
    from tests.simulation.person import Person

    folder = Path(tempfile.mkdtemp(dir=_FAST if _FAST.is_dir() else None))
    try:
        with undisturbed():
            return _lived(World(seed, days, client, folder, say), Person)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lived(world: World, person: Callable[[World], Any]) -> dict[str, Any]:
    with (ours if world.client == "ours" else other_client).on_time_of(world.machine):
        try:
            world.loop.run_until_complete(person(world).live())
        finally:
            _empty(world)
    return world.verdict.summary()


@contextmanager
def undisturbed() -> Iterator[None]:
    """No log, no garbage collection in between, and the process's own dice as they were afterwards."""
    log, dice = logging.getLogger("desktopauth"), random.getstate()
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()
        log.setLevel(level)
        random.setstate(dice)


def _empty(world: World) -> None:
    """End whatever still runs, so that nothing of this world reaches the next."""
    for app in world.running():
        app.process.die()
    tasks = asyncio.all_tasks(world.loop)
    for task in tasks:
        task.cancel()
    if tasks:
        world.loop.run_until_complete(asyncio.wait(tasks, timeout=60))
    world.loop.close()
    world.kernel.crew.dismiss()
