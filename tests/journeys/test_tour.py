"""The tour and the smoke test, as the commands that they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktopauth.demo.keyring_service import PROGRAMS
from tests.canary import Canary
from tests.scenario import need

SOURCE = Path(__file__).parents[2] / "src"
STORY = [
    *("sign_up", "confirm", "note_written", "quit"),
    *("restored", "note_read", "refreshed", "sign_out", "keyring_cleared", "signed_out_after_restart"),
    *("signed_in_by_code", "password_forgotten", "signed_in_by_provider"),
]


def command(canary: Canary, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does; what it prints is looked at for secrets."""
    done = subprocess.run(
        [sys.executable, "-m", "desktopauth", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(SOURCE), "QT_QPA_PLATFORM": "offscreen"} | environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    canary.scan_text(done.stdout + done.stderr, "output of the command")
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_the_tour_tells_the_whole_story_with_a_real_secret_service(
    canary: Canary, tmp_path: Path, only_our_keyring: None, demo_modules: Path, provider_modules: Path
) -> None:
    """The entry is looked for from outside: there after "quit", gone after "keyring_cleared"."""
    for program in PROGRAMS:
        need(program)
    (tmp_path / "cache").mkdir(mode=0o700)
    (tmp_path / "cache" / "desktopauth").symlink_to(demo_modules.parent)
    where = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "TMPDIR": str(tmp_path)}
    done = command(canary, "demo", "--tour", tmp_path / "tour", "--no-pictures", **where)
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "tour" / "report.json").read_text("utf-8"))
    assert [step["name"] for step in report["steps"]] == STORY
    assert all(step["ok"] is True and step["ms"] >= 0 for step in report["steps"])
    assert report["ok"] is True
    assert "Keyring" in report["store"] or "Secret" in report["store"]
    assert report.keys() == {"ok", "store", "steps"}
    assert [path.name for path in (tmp_path / "tour").iterdir()] == ["report.json"]
    left = {path.name for path in tmp_path.iterdir()} - {"tour", "cache", "config"}
    assert left == set(), "profile and keyring are gone"


def test_the_smoke_test_finds_everything(canary: Canary) -> None:
    done = command(canary, "--smoke")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "smoke: ok"
    assert "FAILED" not in done.stdout


@pytest.mark.parametrize("gone", ["style/app.qss", "demo/server.mjs"])
def test_the_smoke_test_misses_what_is_not_there(monkeypatch: pytest.MonkeyPatch, gone: str) -> None:
    from desktopauth import smoke

    said: list[str] = []
    monkeypatch.setattr(smoke, "_RESOURCES", ("style/app.qss", f"no/{gone}"))
    monkeypatch.setattr(smoke, "_CHECKS", {"resources": smoke._CHECKS["resources"]})
    assert smoke.smoke(said.append) == 1
    assert said[-1] == "smoke: 1 of 1 checks failed"
