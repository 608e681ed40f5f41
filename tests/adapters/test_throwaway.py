"""The public surface of the SDK that we rely on, by name: an upgrade that takes any of it away fails here."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import supabase
import supabase_auth
from supabase_auth import AsyncGoTrueClient, AsyncSupportedStorage

from desktopauth.adapters import asking, data, gateway, throwaway, wire
from desktopauth.adapters.throwaway import Tray

CONSTRUCTOR = ["url", "headers", "storage_key", "storage", "flow_type", "auto_refresh_token", "http_client"]
CALLS = {
    "sign_up": ["credentials"],
    "sign_in_with_password": ["credentials"],
    "sign_in_with_otp": ["credentials"],
    "resend": ["credentials"],
    "verify_otp": ["params"],
    "refresh_session": ["refresh_token"],
    "get_user": [],
    "exchange_code_for_session": ["params"],
    "reauthenticate": [],
    "reset_password_for_email": ["email"],
    "sign_in_with_id_token": ["credentials"],
    "update_user": ["attributes"],
}


def test_the_sdk_client_can_be_made_as_we_make_it() -> None:
    assert set(CONSTRUCTOR) <= inspect.signature(AsyncGoTrueClient).parameters.keys()


@pytest.mark.parametrize("name", CALLS)
def test_the_sdk_can_be_asked_as_we_ask_it(name: str) -> None:
    method = getattr(AsyncGoTrueClient, name)
    assert inspect.iscoroutinefunction(method)
    inspect.signature(method).bind(None, *CALLS[name])


def test_an_explicit_token_can_be_signed_out() -> None:
    method = supabase_auth.AsyncGoTrueAdminAPI.sign_out
    inspect.signature(method).bind(None, "token", "local")
    assert inspect.iscoroutinefunction(method)


def test_the_storage_protocol_has_three_methods() -> None:
    wanted = {name for name in vars(AsyncSupportedStorage) if name.endswith("_item")}
    assert wanted == {"get_item", "set_item", "remove_item"}


def test_the_data_client_has_the_options_that_we_set() -> None:
    fields = inspect.signature(supabase.AsyncClientOptions).parameters
    assert {"httpx_client", "auto_refresh_token", "persist_session"} <= fields.keys()
    assert issubclass(supabase.AsyncClient, object)


@pytest.mark.parametrize("module", [throwaway, asking, gateway, wire, data])
def test_nothing_private_of_the_sdk_is_touched(module: Any) -> None:
    tree = ast.parse(Path(module.__file__).read_text("utf-8"))
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) if node.attr.startswith("_")}
    ours = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and is_self(node.value)}
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name for name in names - ours if not name.startswith("__")} == set()
    assert not any("._" in name for name in imported)


def is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def test_a_primed_client_finds_no_refresh_token_and_nothing_to_refresh() -> None:
    stored = asyncio.run(Tray("the-token").get_item("session"))
    assert stored is not None
    session = json.loads(stored)
    assert (session["access_token"], session["refresh_token"]) == ("the-token", "-")
    assert session["expires_at"] == 2**53


def test_an_emptied_tray_and_other_keys_hold_nothing() -> None:
    async def scenario() -> None:
        tray = Tray("the-token")
        assert await tray.get_item("session-code-verifier") is None
        await tray.remove_item("session-code-verifier")
        assert await tray.get_item("session") is not None
        await tray.set_item("session", "what the SDK would keep")
        await tray.remove_item("session")
        assert await tray.get_item("session") is None

    asyncio.run(scenario())


def test_importing_the_gateway_imports_neither_the_sdk_nor_httpx() -> None:
    ours = "gateway, data, pool, answers, config, paths, logs"
    code = f"import sys; from desktopauth.adapters import {ours}; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=with_source())
    assert done.stdout.strip() == "[]"


def test_warming_up_imports_all_that_the_first_call_needs() -> None:
    code = (
        f"import sys; from desktopauth.adapters.gateway import warm; warm(); print([m in sys.modules for m in {WARM}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=with_source())
    assert done.stdout.strip() == "[True, True]"


HEAVY = ["supabase", "supabase_auth", "httpx", "pydantic", "platformdirs", "tomllib", "truststore"]
WARM = ["supabase_auth", "httpx"]


def with_source() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
