"""The person at the machine: opens and closes the app, moves about, signs in and out, and is in nobody's way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from tests.simulation.apps import App
from tests.simulation.chaos import Act, Sitting, days_at_the_machine
from tests.simulation.machine import Killed, Trap
from tests.simulation.wire import Network
from tests.simulation.world import World

_REFRESH = ("refresh ", "lock", "locked", "ask", "job", "told TOKEN_REFRESHED")
_END = ("end", "read", "save", "file", "told SIGNED_OUT", "job", "send", "done", "answered")
_NETWORKS: dict[Network, float] = {"good": 4, "flaky": 3, "offline": 2, "captive": 2.5, "intercepted": 1.5}


class Person:
    """Lives through all sittings of a world. ``back_at`` is when they want to be signed in again."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._rng = random.Random(f"{world.seed} habits")
        self._back_at = 0.0
        self._sitting = False
        self._doing: set[asyncio.Task[Any]] = set()

    async def live(self) -> None:
        world = self.world
        world._expect_weather()
        sittings = days_at_the_machine(world.seed, world.days)
        for number, sitting in enumerate(sittings):
            await self._until(sitting.begin, asleep=number > 0 and sittings[number - 1].end == "suspend")
            await self._sit(sitting)
        for app in world.running():
            world.end(app)

    async def _until(self, at: float, *, asleep: bool) -> None:
        gap = at - self.world.elapsed
        if gap <= 0:
            return
        if asleep and self.world.running():
            self.world.suspend(gap)
        else:
            await asyncio.sleep(gap)

    async def _sit(self, sitting: Sitting) -> None:
        world = self.world
        self._sitting = True
        if "a" not in world.slots or not world.slots["a"].process.alive:
            self._begin(self._open("a"))
        for app in world.running():
            app.nudge()
        for act in sitting.acts:
            await asyncio.sleep(act.after)
            self._act(act)
        self._sitting = False
        for app in world.running():
            if sitting.end == "kill":
                world.kill(app)
            elif sitting.end == "close":
                self._begin(self._close(app))
        await asyncio.sleep(self._rng.uniform(0.0, 20.0))

    def _begin(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(self._quietly(work))
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)

    async def _quietly(self, work: Coroutine[Any, Any, Any]) -> None:
        with suppress(Killed):  # it died under the person's hands
            await work

    # ---- apps

    async def _open(self, slot: str, after: float = 0.0) -> None:
        await asyncio.sleep(after)
        if slot in self.world.slots and self.world.slots[slot].process.alive:
            return
        app = self.world.open(slot)
        if len(self.world.running()) > 1:
            self.world.verdict.hit("both_open")
        await app.start()
        await self._tend(slot, app)

    async def _tend(self, slot: str, app: App) -> None:
        """Look at it now and then, and sign in where it asks for that; start it again when it has vanished."""
        while app.process.alive:
            await asyncio.sleep(self._rng.uniform(5.0, 90.0))
            if not (self._sitting and app.process.alive):
                continue
            await app.ask_keyring()
            if app.wants_sign_in and self.world.elapsed >= self._back_at:
                await self._come_in(app)
        if self._sitting and self.world.slots.get(slot) is app:
            self._begin(self._open(slot, self._rng.uniform(1.0, 60.0)))

    async def _come_in(self, app: App) -> None:
        if self._rng.random() < 0.15:
            await app.sign_out()  # who is asked to sign in again may give up
            return
        self.world.verdict.hit("sign_in")
        await app.sign_in()

    async def _close(self, app: App) -> None:
        if app.process.alive:
            self.world.verdict.hit("app_closed")
            await app.close()
            self.world.end(app)

    # ---- acts

    def _act(self, act: Act) -> None:
        world, luck = self.world, act.luck
        world.verdict.say("-- %s", act.what)
        apps = world.running()
        app = luck.choice(apps) if apps else None
        if act.what in ("suspend", "network", "clock"):
            getattr(self, f"_{act.what}")(luck)
        elif act.what.startswith("keyring_"):
            self._begin(self._keyring(act.what.removeprefix("keyring_"), luck))
        elif act.what == "second":
            self._second()
        elif app is None:
            return
        elif act.what.startswith("trap_"):
            self._trap(act.what.removeprefix("trap_"), app, luck)
        else:
            self._with(act.what, app, luck)

    def _with(self, what: str, app: App, luck: random.Random) -> None:
        match what:
            case "use":
                self._begin(app.use(1))
            case "burst":
                self._begin(app.use(20))
            case "nudge":
                app.nudge()
            case "sign_out":
                self._begin(self._leave(app, luck))
            case "sign_out_refreshing":
                self._begin(self._leave_refreshing(app, luck))
            case "close":
                self._begin(self._close(app))
            case "kill":
                self.world.kill(app)

    def _suspend(self, luck: random.Random) -> None:
        self.world.suspend(luck.choice((60, 600, 1800, 7200)) * luck.uniform(0.5, 1.5))
        if luck.random() < 0.5:
            self._network(luck)
        for app in self.world.running():
            if luck.random() < 0.5:
                app.nudge()

    def _network(self, luck: random.Random) -> None:
        state = luck.choices(list(_NETWORKS), list(_NETWORKS.values()))[0]
        self.world.verdict.hit("network_change")
        self.world.verdict.say("network: %s", state)
        self.world.air.change(state)
        if state != "good":
            self._begin(
                self._network_back(luck.expovariate(1 / 240) + 5, self.world.air.moves, nudges=luck.random() < 0.7)
            )

    async def _network_back(self, after: float, moves: int, *, nudges: bool) -> None:
        await asyncio.sleep(after)
        if self.world.air.moves != moves:
            return
        self.world.verdict.say("network: good")
        self.world.air.change("good")
        for app in self.world.running() if nudges else ():
            app.nudge()

    def _clock(self, luck: random.Random) -> None:
        self.world.verdict.hit("clock_jump")
        self.world.machine.offset = 0.0 if luck.random() < 0.3 else luck.uniform(-7200, 7200)
        self.world.verdict.say("the clock is %.0f s off", self.world.machine.offset)

    async def _keyring(self, trouble: Any, luck: random.Random) -> None:
        vessel = self.world.vessel
        vessel.trouble, vessel.patience, vessel.says_yes = trouble, luck.expovariate(1 / 10), luck.random() < 0.6
        await asyncio.sleep(luck.expovariate(1 / 500) * (8 if luck.random() < 0.1 else 1) + 10)
        if vessel.trouble == trouble:
            vessel.trouble = ""
            self.world.verdict.keyring_well()

    def _second(self) -> None:
        second = self.world.slots.get("b")
        self._begin(self._close(second) if second and second.process.alive else self._open("b"))

    async def _leave(self, app: App, luck: random.Random) -> None:
        if app.session_id:
            self.world.verdict.hit("sign_out")
            self._back_at = self.world.elapsed + luck.choice((20, 200, 1500)) * luck.random()
            await app.sign_out()

    async def _leave_refreshing(self, app: App, luck: random.Random) -> None:
        """Sign out just while a refresh is under way."""
        begun = self.world.verdict.next_request(app.process)
        done, _ = await asyncio.wait({begun}, timeout=1500)
        await asyncio.sleep(luck.choice((0.0, 0.05, 0.3)) * luck.random())
        if done and app.refreshing and app.session_id:
            self.world.verdict.hit("sign_out_refreshing")
            await self._leave(app, luck)

    def _trap(self, kind: str, app: App, luck: random.Random) -> None:
        match kind:
            case "save":
                trap = Trap("kill_save", ("save",), luck.randint(1, 12))
            case "refresh":
                trap = Trap("kill_refresh", _REFRESH, luck.randint(1, 16))
            case "end":
                trap = Trap("kill_end", _END, luck.randint(1, 24))
                self._begin(self._leave(app, luck))
            case _:
                trap = Trap("kill_any", ("",), luck.randint(1, 120))
        self.world.machine.trap = trap
