"""What git asks before a commit is asked on this machine alone, and is what `nox -s lint` asks."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOOKS = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")


def test_hooks_come_from_here_and_name_no_host() -> None:
    assert set(re.findall(r"repo: *(.+)", HOOKS)) == {"local"}
    assert set(re.findall(r"language: *(.+)", HOOKS)) == {"system"}
    assert re.findall(r"\w+://|\bwww\.", HOOKS) == []


def test_hooks_are_the_pieces_of_lint() -> None:
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    [pieces] = [re.findall(r'"(\w+)": \[', line) for line in noxfile.splitlines() if line.startswith("    pieces = {")]
    assert re.findall(r"--session lint -- (\w+)", HOOKS) == pieces == ["style", "layout", "types"]
