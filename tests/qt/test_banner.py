"""The line over the work: there while something is wrong, gone with it, and never a reason to leave the work."""

from __future__ import annotations

import re
from typing import Any

import pytest
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktopauth.core.errors import ErrorKind, VaultProblem
from desktopauth.core.state import Connection, Health, TokenHealth
from desktopauth.qt.concerns import RANK, Concern, concern, concern_sentence
from desktopauth.qt.style import style_sheet
from desktopauth.qt.views.banner import Banner

DEGRADED = Connection.DEGRADED
EACH: dict[Concern, Health] = {
    ErrorKind.CAPTIVE_PORTAL: Health(connection=DEGRADED, cause=ErrorKind.CAPTIVE_PORTAL),
    ErrorKind.UNTRUSTED_CERTIFICATE: Health(connection=Connection.OFFLINE, cause=ErrorKind.UNTRUSTED_CERTIFICATE),
    ErrorKind.BAD_KEY: Health(connection=DEGRADED, cause=ErrorKind.BAD_KEY),
    ErrorKind.KEYRING_SILENT: Health(cause=ErrorKind.KEYRING_SILENT),
    "clock": Health(clock_off=True),
    Connection.OFFLINE: Health(connection=Connection.OFFLINE, cause=ErrorKind.OFFLINE),
    Connection.DEGRADED: Health(connection=DEGRADED, cause=ErrorKind.SERVER),
    **{each: Health(memory_only=each) for each in VaultProblem if each is not VaultProblem.UNWANTED},  # no trouble
}
WORDS: dict[Concern, str] = {
    ErrorKind.CAPTIVE_PORTAL: "Open any web page, then come back",
    ErrorKind.UNTRUSTED_CERTIFICATE: "isn't private",
    ErrorKind.BAD_KEY: "key isn't accepted",
    ErrorKind.KEYRING_SILENT: "asking for its password",
    "clock": "clock seems to be wrong. Sign-in keeps working",
    Connection.OFFLINE: "Offline. We'll reconnect",
    Connection.DEGRADED: "has trouble. You're still signed in",
    VaultProblem.LOCKED: "locked",
    VaultProblem.UNAVAILABLE: "No system keyring was found",
    VaultProblem.TOO_LARGE: "of this size",
    VaultProblem.DENIED: "said no",
    VaultProblem.WAITING: "perhaps for its password",
    VaultProblem.OCCUPIED: "Somebody else's sign-in is kept",
}


def both(one: Health, two: Health) -> Health:
    return Health(
        connection=one.connection if one.cause else two.connection,
        memory_only=one.memory_only or two.memory_only,
        cause=one.cause or two.cause,
        clock_off=one.clock_off or two.clock_off,
    )


@pytest.mark.parametrize(
    "health",
    [
        Health(),
        Health(TokenHealth.EXPIRED),
        Health(TokenHealth.STALE),
        Health(memory_only=VaultProblem.UNWANTED),
    ],
)
def test_nothing_is_said_when_all_is_well_or_as_they_wanted_it_or_only_the_token_is_old(health: Health) -> None:
    assert concern(health) is None


@pytest.mark.parametrize(("about", "health"), EACH.items())
def test_each_trouble_is_said_in_words_of_its_own(about: Concern, health: Health) -> None:
    assert concern(health) is about
    assert WORDS.get(about, "") in concern_sentence(about)
    assert re.fullmatch(r"[A-Z].*[.]", concern_sentence(about))


def test_no_two_troubles_sound_alike_and_none_is_left_out() -> None:
    assert set(EACH) == set(RANK)
    assert len({concern_sentence(about) for about in RANK}) == len(RANK)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (ErrorKind.CAPTIVE_PORTAL, VaultProblem.OCCUPIED),
        (ErrorKind.UNTRUSTED_CERTIFICATE, VaultProblem.LOCKED),
        (VaultProblem.OCCUPIED, "clock"),
        (VaultProblem.LOCKED, Connection.OFFLINE),
        ("clock", Connection.OFFLINE),
        (Connection.OFFLINE, VaultProblem.UNAVAILABLE),
        (Connection.DEGRADED, VaultProblem.DENIED),
    ],
)
def test_what_the_person_can_do_most_about_comes_first(one: Concern, two: Concern) -> None:
    assert concern(both(EACH[one], EACH[two])) is one


@pytest.mark.parametrize("cause", [ErrorKind.RATE_LIMITED, ErrorKind.REFUSED, ErrorKind.SERVER])
def test_a_refusal_without_words_of_its_own_is_trouble_of_the_service(cause: ErrorKind) -> None:
    assert concern(Health(connection=DEGRADED, cause=cause)) is Connection.DEGRADED


@pytest.mark.parametrize("width", [364, 640, 824])
def test_its_place_is_the_same_whatever_it_says(qapp: Any, width: int) -> None:
    holder, banner, below = QWidget(), Banner(), QWidget()
    holder.setStyleSheet(style_sheet(qapp))
    box = QVBoxLayout(holder)
    box.addWidget(banner)
    box.addWidget(below, 1)
    holder.resize(width, 400)
    holder.show()
    empty = below.y()
    for health in [*EACH.values(), Health()]:
        banner.show_health(health)
        qapp.processEvents()
        assert (holder.width(), below.y()) == (width, empty)
        assert banner.line.geometry().bottom() < banner.height(), "it fits"
        assert banner.words.height() >= banner.words.heightForWidth(banner.words.width()), "nothing is cut off"
    assert not banner.line.isVisible()
    holder.close()


def test_only_a_keyring_with_somebody_else_in_it_has_an_offer(qapp: Any) -> None:
    banner = Banner()
    offered = []
    for about, health in EACH.items():
        banner.show_health(health)
        offered += [about] if banner.offer.isVisibleTo(banner) else []
    assert offered == [VaultProblem.OCCUPIED]


def test_an_answer_stands_there_for_a_moment_and_then_what_was_said_before(qapp: Any) -> None:
    banner = Banner()
    banner.show_health(EACH[Connection.OFFLINE])
    banner.answer("It is done.")
    assert banner.words.text() == "It is done."
    banner._moment.timeout.emit()
    assert banner.words.text().startswith("Offline")


def test_what_is_under_way_leaves_room_for_trouble(qapp: Any) -> None:
    banner = Banner()
    banner.answer("Doing it\N{HORIZONTAL ELLIPSIS}", stays=True)
    banner._moment.timeout.emit()
    assert banner.words.text().startswith("Doing it")
    banner.show_health(EACH[Connection.OFFLINE])
    assert banner.words.text().startswith("Offline")
    banner.show_health(Health())
    assert banner.words.text().startswith("Doing it")
