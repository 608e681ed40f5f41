"""What providers are called, and the marks that stand for them."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QIcon

from desktopauth.qt.providers import icon_of, name_of
from desktopauth.resources import resource
from tests.qt.test_doors import BRANDS, MARKUP


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("github", "GitHub"),
        ("kakao", "Kakao"),
        ("azure", "Microsoft"),
        ("custom:acme", "Acme"),
        ("custom:acme-corp_eu", "Acme corp eu"),
        ("slack_oidc", "Slack"),
        ("custom:", "Custom:"),
        (MARKUP, MARKUP),
        ("custom:a\N{RIGHT-TO-LEFT OVERRIDE}b\x00\nc", "Abc"),
    ],
)
def test_a_provider_is_called_what_its_owner_calls_it(provider: str, name: str) -> None:
    assert name_of(provider) == name


def pixels(icon: QIcon) -> bytes:
    return bytes(icon.pixmap(27, 22).toImage().constBits())


@pytest.mark.parametrize("dark", [False, True])
def test_each_brand_has_a_mark_of_its_own_and_everybody_else_the_neutral_one(qapp: object, dark: bool) -> None:
    neutral = pixels(icon_of("somebody", dark=dark))
    marks = [pixels(icon_of(brand, dark=dark)) for brand in BRANDS]
    assert len({*marks, neutral}) == len(BRANDS) + 1
    assert all(any(mark) for mark in marks), "none is empty"
    strangers = ["apple", "custom:github", "../../demo/schema", "", "neutral-dark"]
    assert {pixels(icon_of(name, dark=dark)) for name in strangers} == {neutral}


def test_every_mark_is_named_in_the_notice() -> None:
    notice = resource("icons/NOTICE").read_text("utf-8")
    files = [path.name for path in resource("icons").iterdir() if path.suffix == ".svg"]
    assert [name for name in files if name not in notice] == []
