"""Nothing that is missing, changed, cut short or half-written passes for a whole installation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desktopauth.demo.manifest import Condition, check, write_manifest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "installation"
    (root / "node_modules" / "package" / "lib").mkdir(parents=True)
    (root / "package.json").write_text("{}")
    (root / "node_modules" / "package" / "lib" / "index.js").write_text("export default 1;\n")
    (root / "node_modules" / "link").symlink_to("package")
    write_manifest(root)
    return root


def test_what_was_written_down_is_whole(root: Path) -> None:
    assert check(root) is Condition.WHOLE


def test_nothing_at_all_is_absent(tmp_path: Path) -> None:
    assert check(tmp_path / "nowhere") is Condition.ABSENT


INDEX = "node_modules/package/lib/index.js"
DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": lambda root: (root / INDEX).unlink(),
    "same length, another letter": lambda root: (root / INDEX).write_text("export default 2;\n"),
    "cut short": lambda root: (root / INDEX).write_text("export"),
    "emptied": lambda root: (root / INDEX).write_text(""),
    "a folder moved away": lambda root: (root / "node_modules" / "package" / "lib").rename(root / "aside"),
    "no manifest": lambda root: (root / "manifest.json").unlink(),
    "half a manifest": lambda root: (root / "manifest.json").write_text('{"package.json": ['),
    "an empty manifest": lambda root: (root / "manifest.json").write_text("{}"),
    "another manifest": lambda root: (root / "manifest.json").write_text("[1]"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_seen(root: Path, damage: str) -> None:
    DAMAGES[damage](root)
    assert check(root) is Condition.DAMAGED
