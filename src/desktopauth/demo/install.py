"""Install what the demo runs, Supabase Lite and a pretend GitHub, once per user, from locks that travel with us.

npm does the work, run by the Node of the Python environment: from our lock alone, each archive checked against its
sha512, no install scripts, into a folder beside the final one that is renamed when it is complete.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from desktopauth.demo.errors import DemoError
from desktopauth.demo.exclusive import exclusive
from desktopauth.demo.manifest import Condition, check, write_manifest
from desktopauth.demo.node import Node, find_node
from desktopauth.demo.npm_problem import sentence_for
from desktopauth.demo.private import open_private, private_folder
from desktopauth.demo.process import run_to_end, spawn
from desktopauth.demo.threads import off_loop
from desktopauth.resources import resource

LOG_NAME = "npm.log"

_PASSING = "passing-"  # what a crash leaves under this name is swept by the next installation
_RECIPE = ("package.json", "package-lock.json")
_ARGUMENTS = (
    *("ci", "--ignore-scripts", "--omit=dev", "--omit=optional", "--omit=peer"),
    *("--package-lock", "--no-global", "--no-dry-run"),  # whatever the person's own npm settings say
    *("--no-audit", "--no-fund", "--no-update-notifier", "--no-progress", "--logs-max=0", "--loglevel=warn"),
    # npm's own patience with a network that is not there is over a minute.
    *("--fetch-retries=1", "--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=2000", "--fetch-timeout=60000"),
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A package.json with its lock among the resources, and in which words a person hears of what comes of it.

    ``name`` begins the installation's folder; ``download`` and ``room`` are sizes, as they stand in a sentence.
    """

    folder: str
    name: str
    called: str
    download: str
    room: str


SERVER = Recipe("demo", "server", "demo server", "about 17 MB", "about 80 MB")
PROVIDER = Recipe("demo/provider", "provider", "pretend GitHub", "under 1 MB", "about 3 MB")


async def install(cache: Path, tell: Callable[[str], None], *, recipe: Recipe = SERVER) -> Path:
    """Make sure that it is installed below ``cache``, and give the folder that holds its ``node_modules``.

    ``tell`` gets a sentence whenever the person has to wait. What is there is checked file by file, and installed again
    if anything is missing or changed. Several processes may call this at once: one installs, the others wait.

    Raises ``DemoError``. Being cancelled ends npm and leaves nothing that a later start would take for complete.
    """
    try:
        node = await off_loop(find_node, name="desktopauth-node")
        folder = cache / f"{recipe.name}-{_fingerprint(node, _files(recipe))}"
        if await _condition(folder) is not Condition.WHOLE:
            await _install_once(private_folder(cache, ("install.lock", LOG_NAME)), folder, node, recipe, tell)
    except OSError as error:
        raise DemoError(_sentence(cache, recipe, error)) from error
    return folder


async def _install_once(cache: Path, folder: Path, node: Node, recipe: Recipe, tell: Callable[[str], None]) -> None:
    waiting = partial(tell, "Another copy of the demo is installing what it needs; waiting for it...")
    async with exclusive(cache / "install.lock", waiting=waiting):
        match await _condition(folder):
            case Condition.WHOLE:
                return
            case Condition.DAMAGED:
                damaged = f"The installed {recipe.called} is incomplete or changed"
                tell(f"{damaged}; installing it again ({recipe.download})...")
            case Condition.ABSENT:
                tell(f"Installing the {recipe.called} (once, {recipe.download})...")
        _sweep(cache)
        await _install(cache, folder, node, recipe)
        tell(f"The {recipe.called} is installed.")


async def _install(cache: Path, folder: Path, node: Node, recipe: Recipe) -> None:
    passing = Path(tempfile.mkdtemp(prefix=_PASSING, dir=cache))
    try:
        fresh = passing / "fresh"
        fresh.mkdir()
        for file in _files(recipe):
            shutil.copyfile(file, fresh / file.name)
        await _npm(cache, fresh, passing / "npm", node, recipe)
        await off_loop(partial(write_manifest, fresh), name="desktopauth-manifest")
        _swap(fresh, folder, passing / "old")
    finally:
        # Also when cancelled, so not awaited: 30 MB are gone in a tenth of a second.
        shutil.rmtree(passing, ignore_errors=True)


def _swap(fresh: Path, folder: Path, old: Path) -> None:
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)


async def _npm(cache: Path, folder: Path, npm_cache: Path, node: Node, recipe: Recipe) -> None:
    log = cache / LOG_NAME
    command: list[str | Path] = [
        node.program,
        resource("demo/npm.mjs"),
        node.npm,
        *_ARGUMENTS,
        f"--prefix={folder}",
        f"--cache={npm_cache}",
    ]
    with os.fdopen(open_private(log), "wb") as output:
        process = spawn(command, folder=folder, environment=_environment(os.environ), stdout=output, stderr=output)
        code = await run_to_end(process)
    if code != 0 or not (folder / "node_modules").is_dir():
        raise DemoError(sentence_for(log, recipe.called))


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    # npm needs the person's own: proxies, registry, certificates. Only what would load code into Node stays out.
    return {name: value for name, value in ours.items() if name.upper() != "NODE_OPTIONS"} | {"NODE_USE_SYSTEM_CA": "1"}


def _condition(folder: Path) -> asyncio.Future[Condition]:
    return off_loop(partial(check, folder), name="desktopauth-manifest")


def _files(recipe: Recipe) -> list[Path]:
    return [resource(recipe.folder) / name for name in _RECIPE]


def _fingerprint(node: Node, files: Sequence[Path]) -> str:
    """The folder's name: another lock or another Node is another installation beside this one."""
    digest = hashlib.sha256(node.version.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _sweep(cache: Path) -> None:
    for left in cache.glob(_PASSING + "*"):
        shutil.rmtree(left, ignore_errors=True)


def _sentence(cache: Path, recipe: Recipe, error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk is full: the {recipe.called} needs {recipe.room} in {cache}. Make room and try again."
    return (
        f"The {recipe.called} cannot be installed in {cache}: {error.strerror or 'the folder cannot be used'}. "
        "Check that the folder belongs to you and can be written to, and try again."
    )
