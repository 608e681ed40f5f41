"""``python -m desktopauth``."""

from __future__ import annotations

import sys

from desktopauth.cli import main

sys.exit(main())
