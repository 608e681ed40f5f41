"""What is shown of a person, whatever anybody has written there: one plain line, never trouble."""

from __future__ import annotations

import struct
import zlib
from types import MappingProxyType
from typing import Any

import pytest
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QColor, QImage

from desktopauth.core.models import User
from desktopauth.qt.views.avatar import Portrait
from desktopauth.qt.views.person import foldable, initials_of, name_of, picture_of, plain, ways_of
from tests.core.fakes import Gate
from tests.qt.conftest import Room
from tests.qt.work import home
from tests.scenario import settled

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


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"avatar_url": URL}, URL),
        ({"picture": URL}, URL),
        ({"avatar_url": "", "picture": URL}, URL),
        ({"avatar_url": 7}, ""),
        ({"avatar_url": ["x"]}, ""),
        ({}, ""),
        ("no mapping", ""),
    ],
)
def test_where_the_picture_is_said_to_be(written: Any, expected: str) -> None:
    assert picture_of(User("ada", facts={"user_metadata": written})) == expected


@pytest.mark.parametrize(
    ("written", "email", "expected"),
    [
        ({"full_name": "Ada Lovelace"}, "", "AL"),
        ({"full_name": "ada king countess"}, "", "AC"),
        ({"name": "Ada"}, "", "A"),
        ({"full_name": "홍 길동"}, "", "홍길"),
        ({"full_name": "<b> -- "}, "", ""),
        ({}, "grace@example.com", "G"),
        ({}, "", "7"),
    ],
)
def test_initials(written: Any, email: str, expected: str) -> None:
    assert initials_of(User("7", email, {"user_metadata": written})) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"full_name": "Ada", "name": "ada99"}, "Ada"),
        ({"full_name": "", "name": "ada99"}, "ada99"),
        ({"full_name": {"a": 1}, "name": 3}, "ada@example.com"),
        ({"full_name": " \n\t "}, "ada@example.com"),
        (None, "ada@example.com"),
    ],
)
def test_a_name_is_what_they_call_themselves(written: Any, expected: str) -> None:
    assert name_of(User("7", "ada@example.com", {"user_metadata": written})) == expected


def test_what_comes_from_outside_is_one_plain_line() -> None:
    assert plain("a\nb\r\n\tc\N{RIGHT-TO-LEFT OVERRIDE}d\0e\N{BOM}f\N{LINE SEPARATOR}g") == "a b c d e f g"
    assert plain("\N{MAN}\N{ZERO WIDTH JOINER}\N{ROCKET} e\N{COMBINING ACUTE ACCENT} \u202bعربي") == "👨‍🚀 e\u0301 عربي"
    assert len(plain("x" * 10_000_000)) == 200
    assert [plain(odd) for odd in list[object]((None, 1, (), 2.0, b"x"))] == [""] * 5


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, []),
        ({"identities": [{"provider": "email", "identity_data": {"email": "a@b.c"}}]}, ["Email: a@b.c"]),
        ({"identities": [{"provider": "github"}, {"provider": "github"}]}, ["GitHub"]),
        ({"identities": [{"provider": 7}, "x", None, {}]}, []),
        ({"identities": "x", "app_metadata": {"providers": ["email", "google", 7]}}, ["Email", "Google"]),
        ({"identities": [], "app_metadata": {"providers": "email"}}, []),
        ({"identities": [{"provider": f"p{n}"} for n in range(11)]}, [*(f"P{n}" for n in range(8)), "and 3 more"]),
    ],
)
def test_the_ways_in_are_named_whatever_shape_they_have(facts: dict[str, Any], expected: list[str]) -> None:
    assert ways_of(User("ada", "ada@example.com", facts)) == expected


def test_an_address_is_folded_only_where_it_is_long() -> None:
    assert foldable("ada@example.com") == "ada@example.com"
    folded = foldable(f"{'a' * 60}@example.com")
    assert folded.replace("\N{ZERO WIDTH SPACE}", "") == f"{'a' * 60}@example.com"
    assert max(len(part) for part in folded.split("\N{ZERO WIDTH SPACE}")) == 20
