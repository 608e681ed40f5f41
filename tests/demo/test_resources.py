"""Resources are found in the source tree, in an installed wheel and in a bundle; a missing one is named."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from desktopauth import resources
from desktopauth.resources import resource


def test_a_resource_of_the_source_tree_is_found() -> None:
    assert resource("demo/schema.sql").read_text(encoding="utf-8").startswith("--")
    assert resource("demo").is_dir()


def test_a_missing_resource_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"demo/nothing\.txt"):
        resource("demo/nothing.txt")


def test_a_resource_of_an_installed_wheel_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "site-packages" / "desktopauth"
    (installed / "resources" / "demo").mkdir(parents=True)
    (installed / "resources" / "demo" / "schema.sql").touch()
    monkeypatch.setattr(resources, "__file__", str(installed / "resources.py"))
    assert resource("demo/schema.sql") == installed / "resources" / "demo" / "schema.sql"


def test_a_resource_of_a_frozen_bundle_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled = tmp_path / "desktopauth" / "resources" / "demo"
    bundled.mkdir(parents=True)
    (bundled / "schema.sql").touch()
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert resource("demo/schema.sql") == bundled / "schema.sql"
