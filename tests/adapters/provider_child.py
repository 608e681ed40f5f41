"""Another copy of the app that stores providers' tokens, or signs out, and kills itself before the given write.

``save FOLDER ENTRY TURN STEP`` saves the tokens of that turn; ``clear FOLDER ENTRY - STEP`` clears the session.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from desktopauth.adapters.provider_store import ProviderStore
from desktopauth.core.models import ProviderTokens
from tests.adapters.vault_child import small_parts
from tests.adapters.vaults import InKeyring, a_session

ANN = a_session("ann")


def some_tokens(turn: str) -> dict[str, ProviderTokens]:
    return {"github": ProviderTokens(f"access {turn} " + "g" * 60, f"refresh {turn} " + "g" * 60)}


async def main(what: str, folder: Path, entry: str, turn: str, step: int) -> None:
    ours = InKeyring(folder, entry, small_parts(step))
    store = ProviderStore(ours.vault, ours.tombstones)
    match what:
        case "save":
            assert await store.save(some_tokens(turn), session_id=ANN.id) is None
        case "clear":
            assert await ours.vault.clear(session_id=ANN.id) is None
        case _:
            raise ValueError(what)
    ours.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])))
