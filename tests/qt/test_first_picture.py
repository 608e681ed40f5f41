"""The first picture, in fresh interpreters: the right view, and nothing imported or built that it does not need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from desktopauth.adapters.config import Config
from desktopauth.adapters.entry import account_folder, entry_name
from desktopauth.adapters.paths import profile_at
from desktopauth.adapters.statefile import Mark, StateFile

URL, KEY = "https://project.test", "sb_publishable_x"
SOURCE = Path(__file__).parents[2] / "src"

# The real command; at the first paint it says what there is, and closes the window.
PROGRAM = """
import json, sys
from desktopauth import cli
from desktopauth.qt import loop

def run(app, window, *others, original=loop.run):
    def look():
        from PySide6 import QtCore, QtWidgets
        built = [name for module in (QtCore, QtWidgets) for name in ("Qt", "QStyle") if name in vars(module)]
        print(json.dumps([type(window.view()).__name__, built, sorted(sys.modules)]))
        window.close()
    window.painted.connect(look)
    return original(app, window, *others)

loop.run = run
sys.exit(cli.main())
"""


@dataclass(frozen=True)
class Picture:
    view: str
    built: list[str]
    modules: set[str]


def first_picture(*arguments: object) -> Picture:
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(SOURCE), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    view, built, modules = json.loads(done.stdout)
    return Picture(view, built, set(modules))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Picture:
    """The first picture of a profile that nobody has used."""
    return first_picture("--url", URL, "--key", KEY, "--profile-dir", tmp_path_factory.mktemp("profile"))


@pytest.fixture
def left_signed_in(tmp_path: Path) -> Iterator[Path]:
    """A profile whose state file says that somebody is signed in."""
    profile = profile_at(tmp_path / "profile")
    config = Config(url=URL, key=KEY, profile_id=profile.id)
    state = StateFile(account_folder(), entry_name(config.app_id, config.project_id, config.profile_id))
    state.write(Mark(1, present=True))
    yield profile.folder
    state.remove()


def test_somebody_new_sees_the_sign_in_view_first(fresh: Picture) -> None:
    assert fresh.view == "SignInView"


def test_the_first_paint_waits_for_no_loop_no_wire_no_keyring(fresh: Picture) -> None:
    late = {"asyncio", "qasync", "httpx", "supabase", "supabase_auth", "keyring", "filelock", "ssl", "socket"}
    assert fresh.modules & late == set()


def test_the_first_paint_builds_none_of_qts_large_enums(fresh: Picture) -> None:
    assert fresh.built == []


def test_a_view_is_imported_when_it_is_needed_and_not_before(fresh: Picture) -> None:
    views = {name.removeprefix("desktopauth.qt.views.") for name in fresh.modules if ".qt.views." in name}
    assert views == {"sign_in"}


def test_who_was_left_signed_in_never_sees_the_form_first(left_signed_in: Path) -> None:
    picture = first_picture("--url", URL, "--key", KEY, "--profile-dir", left_signed_in)
    assert picture.view == "RestoringView"
    assert picture.built == []
    assert "desktopauth.qt.views.sign_in" not in picture.modules


def test_who_has_no_project_waits_for_no_loop_and_no_wire_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DESKTOPAUTH_URL", "DESKTOPAUTH_KEY"):
        monkeypatch.delenv(name, raising=False)
    picture = first_picture("--profile-dir", tmp_path / "profile")
    late = {"asyncio", "qasync", "httpx", "supabase", "supabase_auth", "keyring", "filelock", "ssl", "socket"}
    assert (picture.modules & late, picture.built) == (set(), [])
