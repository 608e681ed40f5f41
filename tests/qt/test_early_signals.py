"""Ctrl-C and SIGTERM while the app is still importing itself: it ends as ever, without a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"

# The real command, which gets a signal when it is about to import a module.
PROGRAM = """
import os, sys

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), int(sys.argv[2]))

sys.meta_path.insert(0, Watch())
from desktopauth import cli
sys.exit(cli.main(sys.argv[3:]))
"""


@pytest.mark.parametrize("number", [2, 15], ids=["ctrl-c", "sigterm"])
@pytest.mark.parametrize(
    "module", ["PySide6.QtGui", "desktopauth.qt.views.sign_in", "socket", "qasync", "desktopauth.connect"]
)
def test_a_signal_at_an_import_is_told_by_the_exit_status(tmp_path: Path, module: str, number: int) -> None:
    project = ("--url", "https://project.test", "--key", "sb_publishable_x", "--store", "memory", "--temp-profile")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, module, str(number), *project],
        env=os.environ | {"PYTHONPATH": str(SOURCE), "QT_QPA_PLATFORM": "offscreen", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 128 + number, done.stderr
    assert "Traceback" not in done.stderr
    assert "Fatal" not in done.stderr
    assert list(tmp_path.iterdir()) == [], "the temporary profile is gone"
