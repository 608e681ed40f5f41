"""The picture: decoded small and off the window's thread, or not at all; without one there are initials."""

from __future__ import annotations

import struct
import threading
import zlib
from types import MappingProxyType
from typing import Any

import pytest
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QColor, QImage, QImageReader

from desktopauth.core.models import User
from desktopauth.qt.commands import Commands
from desktopauth.qt.views import avatar as avatar_module
from desktopauth.qt.views.avatar import KINDS, Portrait, decoded
from desktopauth.qt.views.home import HomeView
from desktopauth.qt.views.session import EventLog, SessionFacts
from tests.core.fakes import Gate
from tests.qt.conftest import NotesInHand, Room
from tests.qt.work import home
from tests.scenario import Run, settled

URL = "https://pictures.test/ada.png"
GIF = (  # one red pixel
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\x00\x00\x00\x00\x00!\xf9\x04\x00\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01"
    b"\x00\x00\x02\x02D\x01\x00;"
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9" fill="red"/></svg>'

outspoken = pytest.mark.qt_log_ignore(".")  # the decoders say what they think of a file


def picture(width: int, height: int, kind: str = "png", colour: str = "red") -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert image.save(buffer, kind.upper())  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def claiming(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG that says in its head how large it is (PNG specification §11.2.2)."""
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", body or zlib.compress(b"\0" * 64)), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def pictured(user_id: str = "ada", url: object = URL, **written: object) -> User:
    who = {"id": user_id, "email": f"{user_id}@example.com"}
    facts = {**who, "user_metadata": {"full_name": "Ada Lovelace", "avatar_url": url, **written}}
    return User(who["id"], who["email"], MappingProxyType(facts))


class Pictures:
    """Whoever fetches; writes down what was asked for."""

    def __init__(self, answer: Any) -> None:
        self.asked: list[str] = []
        self.answer = answer

    async def __call__(self, url: str) -> tuple[str, bytes] | None:
        self.asked.append(url)
        found: tuple[str, bytes] | None = await self.answer.passed() if isinstance(self.answer, Gate) else self.answer
        return found


async def open_account(room: Room, pictures: Pictures | None) -> Portrait:
    home(room).account.portrait._fetch = pictures or home(room).account.portrait._fetch
    await room.hands.press("Account")
    await settled()
    return home(room).account.portrait


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1, 1), (1, 1)),
        ((512, 512), (512, 512)),
        ((513, 300), (512, 299)),
        ((1000, 2000), (256, 512)),
        ((8000, 2), (512, 1)),
    ],
)
def test_it_is_decoded_to_at_most_512_pixels(
    qapp: Any, kind: str, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    found = decoded(kind, picture(*size, kind=kind))
    assert found is not None
    assert found.size().toTuple() == expected
    assert found.pixelColor(0, 0).red() > 200


def test_a_gif_is_its_first_frame(qapp: Any) -> None:
    found = decoded("gif", GIF)
    assert found is not None
    assert found.size().toTuple() == (1, 1)


@pytest.mark.parametrize("size", [(30_000, 30_000), (8193, 1), (1, 8193), (4001, 4000), (2**31 - 1, 2**31 - 1), (0, 0)])
def test_a_bomb_is_refused_by_its_size_before_anything_is_decoded(
    qapp: Any, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_: object) -> None:
        raise AssertionError("it was decoded")

    monkeypatch.setattr(QImageReader, "read", never)
    assert decoded("png", claiming(*size)) is None


def test_a_bomb_of_another_kind_is_refused_too(qapp: Any) -> None:
    wide, high = b"\x30\x75", b"\x30\x75"  # 30,000
    assert decoded("gif", GIF[:6] + wide + high + GIF[10:]) is None
    canvas = b"VP8X\x0a\0\0\0" + b"\0\0\0\0" + b"\xff\x3f\0" * 2  # 16,384
    whole = b"WEBP" + canvas + b"VP8L\x06\0\0\0\x2f\xff\xff\xff\x0f\0"
    assert decoded("webp", b"RIFF" + struct.pack("<I", len(whole)) + whole) is None


@outspoken
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "data", [b"", b"x", SVG, b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x00\x00\x00\x00WEBPVP8 ", b"\xff\xd8\xff"]
)
def test_what_is_none_of_its_kind_is_no_picture(qapp: Any, kind: str, data: bytes) -> None:
    assert decoded(kind, data) is None


@outspoken
def test_what_it_was_said_to_be_counts(qapp: Any) -> None:
    """So that no decoder is tried but the four, whatever the bytes look like."""
    assert decoded("jpeg", picture(9, 9, "png")) is None
    assert decoded("png", picture(9, 9, "webp")) is None
    assert [decoded(kind, SVG) for kind in ("svg", "svgz", "bmp", "ico", "")] == [None] * 5


@outspoken
def test_a_picture_that_is_cut_off_breaks_nothing(qapp: Any) -> None:
    for kind in ("png", "jpeg", "webp"):
        whole = picture(300, 300, kind)
        for size in range(0, len(whole), max(1, len(whole) // 20)):
            decoded(kind, whole[:size])


def test_it_is_asked_for_when_the_account_comes_up_and_shown_round(
    room: Room, run_qt: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures, threads = Pictures(("png", picture(300, 100))), list[threading.Thread]()

    def watched(kind: str, data: bytes) -> QImage | None:
        threads.append(threading.current_thread())
        return decoded(kind, data)

    monkeypatch.setattr(avatar_module, "decoded", watched)

    async def scenario() -> None:
        async with room.signed_in(pictured()):
            assert pictures.asked == [], "who never looks at their account asks nobody"
            portrait = await open_account(room, pictures)
            await room.hands.until(portrait.has_picture, "the picture")
            shot = portrait.grab().toImage()
            middle, corner = shot.pixelColor(32, 32), shot.pixelColor(1, 1)
            assert (middle.red(), middle.green()) == (255, 0)
            assert (corner.red(), corner.green()) != (255, 0), "round"
            await room.hands.press("Back")
            await open_account(room, pictures)
            assert pictures.asked == [URL]
        assert threads[0] is not threading.main_thread()

    run_qt(scenario)


def test_what_the_app_fetches_with_reaches_the_account(qapp: Any) -> None:
    pictures = Pictures(None)
    facts = SessionFacts(lambda: None, lambda: "memory", pictures)
    made = HomeView(Commands(), NotesInHand(), facts, EventLog(), lambda _: None)
    assert made.account.portrait._fetch is pictures


def test_nobody_is_asked_unless_the_app_wants_pictures(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in(pictured()):
            portrait = await open_account(room, None)
            assert portrait.text() == "AL"
            assert not portrait.has_picture()

    run_qt(scenario)


@pytest.mark.parametrize("answer", [None, ("png", b"nothing"), ("svg", SVG)])
def test_without_a_picture_the_initials_stay_and_nothing_is_said(room: Room, run_qt: Run, answer: Any) -> None:
    pictures = Pictures(answer)

    async def scenario() -> None:
        async with room.signed_in(pictured()):
            before = room.hands.texts()
            portrait = await open_account(room, pictures)
            await room.hands.until(lambda: not portrait._under_way, "the answer")
            assert (portrait.text(), portrait.has_picture()) == ("AL", False)
            assert not any("picture" in words for words in room.hands.texts())
            await room.hands.press("Back")
            assert room.hands.texts() == before
            await open_account(room, pictures)
            assert pictures.asked == [URL, URL], "another look is another try"

    run_qt(scenario)


def test_the_late_picture_of_who_is_gone_is_not_shown_to_who_comes_next(
    room: Room, run_qt: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures, seen = Pictures(gate := Gate(("png", picture(9, 9)))), list[QImage | None]()

    def watched(kind: str, data: bytes) -> QImage | None:
        seen.append(decoded(kind, data))
        return seen[-1]

    monkeypatch.setattr(avatar_module, "decoded", watched)

    async def scenario() -> None:
        async with room.signed_in(pictured()):
            portrait = await open_account(room, pictures)
            assert len(pictures.asked) == 1
            await room.hands.press("Sign out here")
            room.world.gateway.script.plan("sign_in", room.world.session("s2", pictured("grace", None)))
            await room.hands.fill("Email", "grace@example.com")
            await room.hands.fill("Password", room.world.password)
            await room.hands.press("Sign in")
            await room.hands.sees("Hello")
            await room.hands.press("Account")
            gate.open()
            await room.hands.until(lambda: bool(seen), "its decoding")
            await settled()
            assert home(room).account.portrait is portrait
            assert not portrait.has_picture()
            assert len(pictures.asked) == 1, "and theirs names no picture"

    run_qt(scenario)


def test_a_picture_is_forgotten_with_its_person(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in(pictured()):
            home(room).account.portrait._fetch = Pictures(("png", picture(9, 9)))
            portrait = await open_account(room, None)
            await room.hands.until(portrait.has_picture, "the picture")
            await room.hands.press("Sign out here")
            await room.hands.sees("You're signed out.")
            assert (portrait.text(), portrait.has_picture()) == ("", False)

    run_qt(scenario)
