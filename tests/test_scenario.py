"""What the tests stand on holds by itself: a scenario that leaves anything behind, hangs or warns fails."""

from __future__ import annotations

import asyncio
import logging

import pytest

from tests.canary import Canary
from tests.conftest import LogWatch
from tests.scenario import Run, need, settled, until, watched

FAILED = pytest.fail.Exception
log = logging.getLogger("desktopauth.test")


@pytest.fixture(params=["run", "run_qt"])
def either(request: pytest.FixtureRequest) -> Run:
    """Both loops must do the same."""
    found: Run = request.getfixturevalue(request.param)
    return found


async def for_ever() -> None:
    await asyncio.Event().wait()


def test_a_scenario_gives_its_result(either: Run) -> None:
    async def scenario() -> int:
        seen: list[int] = []
        asyncio.get_running_loop().call_later(0.01, seen.append, 7)
        await until(lambda: seen)
        return seen[0]

    assert [either(scenario), either(scenario)] == [7, 7], "one loop after the other"


def test_a_leaked_task_is_named(either: Run) -> None:
    async def scenario() -> None:
        held.append(asyncio.create_task(for_ever(), name="the leaky one"))

    held: list[asyncio.Task[None]] = []
    with pytest.raises(FAILED, match=r"leaked tasks: .*the leaky one \(for_ever\)"):
        either(scenario)
    assert held[0].cancelled()


def test_a_task_that_is_just_ending_is_no_leak(either: Run) -> None:
    async def scenario() -> None:
        task = asyncio.create_task(for_ever())
        await settled()
        task.cancel()

    either(scenario)


def test_a_scenario_that_hangs_ends_at_its_deadline(either: Run) -> None:
    with pytest.raises(FAILED, match="not over after"):
        either(for_ever, deadline=0.05)


def test_a_scenarios_own_time_out_is_its_own(either: Run) -> None:
    async def scenario() -> None:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine"):
        either(scenario)


def test_an_error_comes_out_as_it_is_and_leaves_nothing(either: Run) -> None:
    async def scenario() -> None:
        asyncio.get_running_loop().create_task(for_ever())
        await settled()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        either(scenario)


def test_what_nobody_handles_in_the_loop_fails(either: Run) -> None:
    async def scenario() -> None:
        def fall() -> None:
            raise ValueError("unseen")

        asyncio.get_running_loop().call_soon(fall)
        await settled()

    with pytest.raises(FAILED, match=r"unhandled in the loop: .*ValueError"):
        either(scenario)


def test_what_never_happens_is_not_waited_for_for_ever(run: Run) -> None:
    with pytest.raises(FAILED, match="it never happened: a miracle"):
        run(lambda: until(lambda: False, deadline=0.01, what="a miracle"))


def test_scenarios_can_be_watched_on_any_loop(canary: Canary) -> None:
    asyncio.run(watched(settled, 5, canary))


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_program_skips_on_a_laptop_and_fails_in_ci(
    ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no-such-program is not installed"):
        need("no-such-program")
    assert need("sh").endswith("sh")


@pytest.fixture
def watch() -> LogWatch:
    return LogWatch()


def test_a_warning_that_nobody_expects_is_a_complaint(watch: LogWatch, expected_logs: LogWatch) -> None:
    expected_logs("desktopauth.test: the disk is full")
    log.addHandler(watch)
    log.info("all is well")
    log.warning("the disk is %s", "full")
    log.removeHandler(watch)
    assert watch.complaints() == ["logged: desktopauth.test: the disk is full"]
    watch("disk is full$")
    assert watch.complaints() == []


def test_a_warning_that_was_expected_must_come(watch: LogWatch) -> None:
    watch("a flood")
    assert watch.complaints() == ["never logged: a flood"]
