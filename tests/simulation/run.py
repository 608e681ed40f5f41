"""``python -m tests.simulation.run``: many worlds on all processors, and the promises beside ``supabase_auth``'s."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.simulation.breaks import COLUMN, NAMES, broken
from tests.simulation.tally import PROMISES, Tally, as_json
from tests.simulation.world import live

Job = tuple[int, int, str, str | None]


def play(job: Job) -> tuple[int, str, dict[str, Any]]:
    """One world of one client; for a process of its own."""
    seed, days, client, name = job
    with broken(name):
        return seed, client, live(seed, days, client)


def played(jobs: list[Job], processes: int) -> Iterator[tuple[int, str, dict[str, Any]]]:
    if processes <= 1:
        yield from map(play, jobs)
        return
    with multiprocessing.get_context("spawn").Pool(processes, maxtasksperchild=100) as pool:
        yield from pool.imap_unordered(play, jobs, chunksize=1)


def tallies(seeds: range, days: int, *, name: str | None, beside: bool, processes: int) -> dict[str, Tally]:
    clients = ("ours", "supabase_auth") if beside else ("ours",)
    found = {client: Tally(days) for client in clients}
    jobs: list[Job] = [(seed, days, client, name) for seed in seeds for client in clients]
    for done, (seed, client, world) in enumerate(played(jobs, processes), 1):
        found[client].add(seed, world)
        if sys.stderr.isatty() or done % max(1, len(jobs) // 10) == 0:
            tell(f"\r{done} of {len(jobs)} worlds", end="" if sys.stderr.isatty() else "\n")
    return found


def tell(text: str, end: str = "\n") -> None:
    sys.stderr.write(text + end)
    sys.stderr.flush()


def main() -> int:
    options = _parsed()
    if options.trace:
        return trace(options)
    seeds = range(options.seed, options.seed + options.seeds)
    beside = not (options.broken or options.alone)
    found = tallies(seeds, options.days, name=options.broken, beside=beside, processes=options.processes)
    ours, other = found["ours"], found.get("supabase_auth")
    report = as_json(ours, other)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(table(ours, other))
    if options.broken:
        return verdict_on_break(options.broken, ours, seeds, options)
    return verdict(ours, options)


def trace(options: argparse.Namespace) -> int:
    """One world, told step by step."""
    client = "supabase_auth" if options.trace == "supabase_auth" else "ours"
    with broken(options.broken):
        world = live(options.seed, options.days, client, tell)
    tell(json.dumps(world["broken"]))
    return int(any(name in PROMISES for name in world["broken"]))


def table(ours: Tally, other: Tally | None) -> str:
    """The columns side by side."""
    mine, theirs = ours.columns(), other.columns() if other else {}
    lines = [f"{'':28}{'ours':>12}{'supabase_auth':>16}"]
    for name, value in mine.items():
        beside = "" if name in ("told_before_saved", "crowded_refreshes", "unhandled") else theirs.get(name, "")
        lines.append(f"{name:28}{value:>12}{beside:>16}")
    return "\n".join(lines) + "\n"


def verdict(ours: Tally, options: argparse.Namespace) -> int:
    failed = 0
    for seed, bad in sorted(ours.failing.items()):
        failed = 1
        tell(f"seed {seed}: {bad}")
        tell(f"  python -m tests.simulation.run --seed {seed} --days {options.days} --trace")
    for kind, count in ours.tame().items():
        failed = 1
        tell(f"too tame: {kind} came {count} times in {ours.seeds} worlds of {ours.days} days")
    return failed


def verdict_on_break(name: str, ours: Tally, seeds: range, options: argparse.Namespace) -> int:
    """Whether the missing protection shows in its column."""
    column = COLUMN[name]
    whole = tallies(seeds, options.days, name=None, beside=False, processes=options.processes)["ours"]
    before, after = whole.column(column), ours.column(column)
    tell(f"without {name}: {column} {before} -> {after}")
    return int(after <= before)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--break", dest="broken", choices=NAMES, help="take one protection away")
    parser.add_argument("--alone", action="store_true", help="without supabase_auth beside")
    parser.add_argument(
        "--trace", nargs="?", const="ours", choices=("ours", "supabase_auth"), help="tell --seed step by step"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
