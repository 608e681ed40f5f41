"""From the start of the process to the first finished picture of the sign-in view, over a bare label window's."""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TypedDict

import desktopauth

HERE = Path(__file__).parent
PAIRS = 15
GOAL = 1.3
_PROJECT = {"DESKTOPAUTH_URL": "http://127.0.0.1:9", "DESKTOPAUTH_KEY": "sb_publishable_benchmark"}


class Number(TypedDict):
    """What a benchmark found, and what it should be at most."""

    value: float
    goal: float
    unit: str
    n: int


def first_paint() -> Number:
    """Medians of alternating pairs, after one pair that only warms the disk cache."""
    for folder in (HERE, Path(desktopauth.__file__).parent):
        compileall.compile_dir(folder, quiet=1)  # whatever PYTHONDONTWRITEBYTECODE says: people's copies are compiled
    bare, ours = [], []
    for turn in range(PAIRS + 1):
        pair = _seconds("bare_window.py"), _seconds("sign_in_window.py")
        if turn:
            bare.append(pair[0])
            ours.append(pair[1])
    ratio = median(ours) / median(bare)
    return {"value": round(ratio, 3), "goal": GOAL, "unit": "x bare window", "n": PAIRS}


def _seconds(script: str) -> float:
    """One start. The child says the moment of its picture on the clock that all processes share."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **_PROJECT, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
        started = time.monotonic_ns()
        command = [sys.executable, str(HERE / script), folder]
        child = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    said = child.stdout.split()
    if child.returncode != 0 or len(said) != 1:
        raise SystemExit(f"{script} failed ({child.returncode}): {child.stderr.strip()[-500:]}")
    return (int(said[0]) - started) / 1e9
