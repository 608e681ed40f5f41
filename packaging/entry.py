"""The start of both programs in a bundle, since a frozen program begins with a file and not with an entry point."""

from __future__ import annotations

import sys
from pathlib import Path

from desktopauth.cli import main, windowed

WINDOWED = "desktopauth-app"

if __name__ == "__main__":
    sys.exit(windowed() if Path(sys.executable).stem == WINDOWED else main())
