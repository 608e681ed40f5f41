"""Small promises about the project as a whole that nothing else would notice being broken."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from PySide6.QtCore import QObject

from tests.test_layers import libraries, modules, read

ROOT = Path(__file__).parents[1]
LONGEST_MODULE = 300

#: Hosts that hand out packages, and folders that exist on one machine only; written so as not to match itself.
FOREIGN = re.compile(
    r"py[p]i[.]org|python[h]osted[.]org|npm[j]s[.](?:org|com)|yarn[p]kg[.]com"
    r"|(?<![\w.~-])/(?:root|work|opt/wheels|var/tmp|home/[a-z]+|Users/[A-Za-z]+)\b(?=/)"
)


def tracked_files() -> list[Path]:
    """Return every file under version control; skip the test where there is none (an unpacked source archive)."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    # The checkout may belong to somebody else, as in a container.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def foreign_words(text: str) -> list[str]:
    return [found.group() for found in FOREIGN.finditer(text)]


def distribution(requirement: str) -> str:
    """Return the normalised name at the start of a requirement or of a distribution's own spelling."""
    name = re.match(r"[\w.-]+", requirement)
    assert name
    return re.sub(r"[-_.]+", "-", name.group()).lower()


def test_qt_keeps_its_hands_off_the_reference_count_of_none() -> None:
    """PySide6 6.12.0 loses one reference to None in every call that returns nothing; Python 3.11 then aborts."""
    thing, calls = QObject(), 200
    before = sys.getrefcount(None)
    for _ in range(calls):
        thing.setObjectName("x")
    assert sys.getrefcount(None) > before - calls // 2


def test_no_file_names_a_package_registry_or_a_folder_of_one_machine() -> None:
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in tracked_files()}
    found = {str(path.relative_to(ROOT)): sorted(set(foreign_words(text))) for path, text in texts.items()}
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize("folder", ["root", "work", "home/ada", "Users/Ada", "var/tmp", "opt/wheels"])
def test_a_folder_of_one_machine_is_seen(folder: str) -> None:
    assert foreign_words(f"it lies in /{folder}/x") == foreign_words(f"file:///{folder}/x") == [f"/{folder}"]


@pytest.mark.parametrize("host", ["https://" + "pypi." + "org/simple", "https://registry." + "npmjs." + "org/x.tgz"])
def test_a_package_registry_is_seen(host: str) -> None:
    assert foreign_words(host)


def test_no_module_is_too_long_to_hold_in_the_head() -> None:
    lengths = {path: len(path.read_bytes().splitlines()) for path in tracked_files() if path.suffix == ".py"}
    assert {str(path.relative_to(ROOT)): lines for path, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_what_is_imported_is_declared_and_what_is_declared_is_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [name for names in project["optional-dependencies"].values() for name in names]
    declared = {distribution(requirement) for requirement in [*project["dependencies"], *extras]}
    homes = packages_distributions()
    imported = {distribution(home) for path in modules() for name in libraries(read(path)) for home in homes[name]}
    assert imported == declared
