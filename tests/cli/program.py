"""Run as a program: the real command line where Qt can't be imported, with its locks in a folder of the test's."""

from __future__ import annotations

import os
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

from desktopauth import cli
from desktopauth.adapters import entry

QT = ("PySide6", "shiboken6", "qasync")


class NoQt(MetaPathFinder):
    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] in QT:
            raise RuntimeError(f"{fullname} was imported")
        return None


def main() -> int:
    home = Path(os.environ.pop("HOME_OF_LOCKS"))
    entry._account_home = lambda: home
    sys.meta_path.insert(0, NoQt())
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
