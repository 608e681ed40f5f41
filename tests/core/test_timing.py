"""When to refresh: soft and hard points, the server's clock, and when to try again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktopauth.core.errors import ErrorKind, Problem
from desktopauth.core.models import Session, User
from desktopauth.core.timing import Backoff, ServerClock, hard_point, soft_point

END = 1_800_000_000.0
DAY = 86_400.0


def lasting(seconds: float) -> Session:
    return Session("a", "r", END, seconds, User("ada"))


@pytest.mark.parametrize(
    ("life", "before"), [(3600, 720), (7200, 1440), (600, 120), (300, 60), (150, 60), (120, 60), (100, 50), (10, 5)]
)
def test_the_soft_point_is_a_fifth_a_minute_or_half_of_the_life_before_the_end(life: float, before: float) -> None:
    assert soft_point(lasting(life), 0.0) == END - before


@pytest.mark.parametrize(("life", "before"), [(3600, 30), (300, 30), (299, 29.9), (60, 6), (10, 1)])
def test_the_hard_point_is_half_a_minute_or_a_tenth_before_the_end(life: float, before: float) -> None:
    assert hard_point(lasting(life)) == pytest.approx(END - before)


@given(st.floats(1, 10 * DAY), st.floats(0, 1))
def test_the_points_come_in_order_and_leave_the_token_some_life(life: float, jitter: float) -> None:
    session = lasting(life)
    assert END - life <= soft_point(session, jitter) < hard_point(session) < END
    assert soft_point(session, 0.0) - soft_point(session, jitter) <= 0.05 * life + 1e-3


def test_the_skew_is_the_median_of_the_last_five_answers() -> None:
    clock = ServerClock()
    seen = []
    for ahead in (10, 10, 5000, 10, 10, 20, 20, 20):
        clock.observe(END + ahead - 0.5, END, 0.0)
        seen.append(clock.skew)
    assert seen == [10, 10, 10, 10, 10, 10, 20, 20]


def test_half_of_the_trip_and_the_cut_off_second_are_counted() -> None:
    clock = ServerClock()
    clock.observe(END, END, 3.0)
    assert clock.skew == 2.0


@pytest.mark.parametrize("sign", [1, -1])
def test_the_skew_is_a_day_at_the_most(sign: int) -> None:
    clock = ServerClock()
    clock.start(sign * 5 * DAY)
    assert clock.skew == sign * DAY
    clock.observe(END + sign * 5 * DAY, END, 0.0)
    assert clock.skew == sign * DAY


def test_a_slow_answer_says_nothing_about_now() -> None:
    clock = ServerClock()
    clock.observe(END + 100, END, 10.0)
    assert clock.skew == 0.0


def test_what_was_saved_counts_until_an_answer_says_better() -> None:
    clock = ServerClock()
    clock.start(100.0)
    assert clock.skew == 100.0
    clock.observe(END + 6.5, END, 1.0)
    clock.start(100.0)
    assert clock.skew == 7.5


OFFLINE = Problem(ErrorKind.OFFLINE, "refresh")


def test_pauses_double_up_to_a_minute_and_never_end() -> None:
    backoff, pauses = Backoff(), []
    for _ in range(200):
        backoff.failed(OFFLINE, END)
        pauses.append(backoff.retry_at - END)
        assert backoff.holds(END)
        assert not backoff.holds(backoff.retry_at)
    ceilings = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, *[60.0] * 194]
    assert all(ceiling / 10 <= pause <= ceiling for pause, ceiling in zip(pauses, ceilings, strict=True))
    assert len(set(pauses[6:])) > 100, "many copies of an app must not come back at the same moment"


def test_the_servers_own_seconds_win() -> None:
    backoff = Backoff()
    backoff.failed(Problem(ErrorKind.RATE_LIMITED, "refresh", retry_after=17.0), END)
    assert backoff.retry_at == END + 17.0


@pytest.mark.parametrize("stated", [0.0, -5.0])
def test_a_server_that_asks_for_no_pause_at_all_gets_ours(stated: float) -> None:
    backoff = Backoff()
    backoff.failed(Problem(ErrorKind.SERVER, "refresh", retry_after=stated), END)
    assert backoff.retry_at >= END + 0.1


def test_success_forgets_the_failures() -> None:
    backoff = Backoff()
    for _ in range(9):
        backoff.failed(OFFLINE, END)
    backoff.clear()
    assert not backoff.holds(END)
    assert backoff.problem is None
    backoff.failed(OFFLINE, END)
    assert backoff.retry_at <= END + 1.0


def test_after_a_doubt_one_answer_decides() -> None:
    clock = ServerClock()
    for _ in range(5):
        clock.observe(3600.0, 0.0, 0.0)
    clock.doubt()
    assert clock.skew == pytest.approx(3600.5), "until an answer says better"
    clock.observe(0.0, 0.0, 0.0)
    assert clock.skew == pytest.approx(0.5)
