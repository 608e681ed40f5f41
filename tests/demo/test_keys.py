"""A server's keys are its own, are kept, and are made anew when they cannot be read as keys."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from desktopauth.demo.keys import Origin, load_or_make


def test_keys_are_made_once_and_kept(tmp_path: Path) -> None:
    made, first = load_or_make(tmp_path)
    kept, second = load_or_make(tmp_path)
    assert (first, second, kept) == (Origin.MADE, Origin.KEPT, made)
    assert re.fullmatch(r"sb_publishable_\w{31}", made.publishable)
    assert re.fullmatch(r"sb_secret_\w{31}", made.secret)
    assert [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()] == [0o600]


def test_no_key_shows_in_a_repr(tmp_path: Path) -> None:
    keys, _ = load_or_make(tmp_path)
    assert repr(keys) == "ServerKeys()"


GOOD = {"jwt_secret": "a" * 64, "publishable": "sb_publishable_" + "a" * 31, "secret": "sb_secret_" + "a" * 31}
DAMAGED = {
    "empty": b"",
    "half": b'{"jwt_secret": "aaa',
    "not text": b"\xff\xfe\x00",
    "a list": b"[]",
    "null": b"null",
    "a key missing": json.dumps({name: GOOD[name] for name in ("jwt_secret", "secret")}).encode(),
    "a key too many": json.dumps(GOOD | {"more": ""}).encode(),
    "a short key": json.dumps(GOOD | {"jwt_secret": "a"}).encode(),
    "no text in a key": json.dumps(GOOD | {"secret": 7}).encode(),
    "keys exchanged": json.dumps(GOOD | {"publishable": GOOD["secret"]}).encode(),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_what_cannot_be_read_as_keys_is_replaced(tmp_path: Path, damage: str) -> None:
    (tmp_path / "keys.json").write_bytes(DAMAGED[damage])
    made, origin = load_or_make(tmp_path)
    assert origin is Origin.REPLACED
    assert load_or_make(tmp_path) == (made, Origin.KEPT)


def test_good_keys_are_read(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps(GOOD))
    keys, origin = load_or_make(tmp_path)
    assert (origin, keys.secret) == (Origin.KEPT, GOOD["secret"])
