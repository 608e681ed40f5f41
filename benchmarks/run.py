"""Every number that the README quotes, as ratios within one run: ``run.py [--json FILE] [NAME ...]``.

The JSON is ``{"<name>": {"value", "goal", "unit", "n"}}``; the exit status is 1 when a goal is missed. Shared machines
are noisy: two programs are always started in turn, and medians are compared.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from first_paint import Number, first_paint
from http_overhead import http_overhead

BENCHMARKS: dict[str, Callable[[], Number]] = {"first_paint": first_paint, "http_overhead": http_overhead}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there")
    options = parser.parse_args()
    if unknown := set(options.names) - BENCHMARKS.keys():
        parser.error(f"there is no benchmark called {', '.join(sorted(unknown))}")
    found = {name: BENCHMARKS[name]() for name in options.names or BENCHMARKS}
    missed = [name for name, number in found.items() if number["value"] > number["goal"]]
    for name, number in found.items():
        print(f"{name}: {number['value']} {number['unit']} (goal {number['goal']}, n = {number['n']})")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
