"""What every vault promises, as tests that run against each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from desktopauth.core.errors import VaultProblem
from desktopauth.core.ports import Absent, Found, Saved, Superseded, Tombstones, Unsaved, Vault
from tests.adapters.vaults import a_session
from tests.scenario import Run


class Subject(Protocol):
    """A vault under test with the tombstones it heeds, and its end."""

    @property
    def vault(self) -> Vault: ...

    @property
    def tombstones(self) -> Tombstones: ...

    def close(self) -> None: ...


Open = Callable[[], Subject]


def play(run: Run, open_subject: Open, scenario: Callable[[Vault, Tombstones], Awaitable[None]]) -> None:
    """Play one scenario with a fresh subject."""

    async def whole() -> None:
        subject = open_subject()
        try:
            await scenario(subject.vault, subject.tombstones)
        finally:
            subject.close()

    run(whole)


class VaultContract:
    """Inherit, and define a fixture ``subject`` that gives a function which opens an empty vault."""

    def test_an_empty_vault_says_absent(self, subject: Open, run: Run) -> None:
        async def scenario(vault: Vault, _: Tombstones) -> None:
            assert await vault.load() == Absent()

        play(run, subject, scenario)

    def test_what_was_saved_is_found(self, subject: Open, run: Run) -> None:
        async def scenario(vault: Vault, _: Tombstones) -> None:
            kept = await vault.save('{"it": "is"}', session_id="s", over=None)
            assert isinstance(kept, Saved)
            assert await vault.load() == Found('{"it": "is"}', kept.generation)

        play(run, subject, scenario)

    def test_every_save_raises_the_generation(self, subject: Open, run: Run) -> None:
        async def scenario(vault: Vault, _: Tombstones) -> None:
            seen = [await vault.save(f"{n}", session_id="s", over=None) for n in range(3)]
            numbers = [kept.generation for kept in seen if isinstance(kept, Saved)]
            assert len(numbers) == 3
            assert numbers == sorted(set(numbers))

        play(run, subject, scenario)

    def test_a_save_over_the_stored_generation_is_kept(self, subject: Open, run: Run) -> None:
        async def scenario(vault: Vault, _: Tombstones) -> None:
            first = await vault.save("old", session_id="s", over=None)
            assert isinstance(first, Saved)
            second = await vault.save("new", session_id="s", over=first.generation)
            assert isinstance(second, Saved)
            assert await vault.load() == Found("new", second.generation)

        play(run, subject, scenario)

    def test_a_save_over_an_older_generation_changes_nothing(self, subject: Open, run: Run) -> None:
        async def scenario(vault: Vault, _: Tombstones) -> None:
            old, new = (a_session("ann", turn) for turn in (1, 2))
            first = await vault.save(old.to_json(), session_id=old.id, over=None)
            assert isinstance(first, Saved)
            second = await vault.save(new.to_json(), session_id=new.id, over=None)
            assert isinstance(second, Saved)
            assert await vault.save(old.to_json(), session_id=old.id, over=first.generation) == Superseded()
            assert await vault.load() == Found(new.to_json(), second.generation)

        play(run, subject, scenario)

    def test_what_a_later_version_has_stored_is_not_written_over(self, subject: Open, run: Run) -> None:
        async def scenario(vault: Vault, _: Tombstones) -> None:
            first = await vault.save("old", session_id="s", over=None)
            assert isinstance(first, Saved)
            second = await vault.save('{"v": 2}', session_id="s", over=None)
            assert isinstance(second, Saved)
            refused = await vault.save("late", session_id="s", over=first.generation)
            assert refused == Unsaved(VaultProblem.CORRUPT)
            assert await vault.load() == Found('{"v": 2}', second.generation)

        play(run, subject, scenario)

    def test_a_save_over_what_was_cleared_changes_nothing(self, subject: Open, run: Run) -> None:
        async def scenario(vault: Vault, _: Tombstones) -> None:
            first = await vault.save("old", session_id="s", over=None)
            assert isinstance(first, Saved)
            assert await vault.clear() is None
            assert await vault.save("late", session_id="s", over=first.generation) == Superseded()
            assert await vault.load() == Absent()

        play(run, subject, scenario)

    def test_a_late_save_never_takes_the_next_persons_session_for_its_own(self, subject: Open, run: Run) -> None:
        async def scenario(vault: Vault, _: Tombstones) -> None:
            ann, bob = a_session("ann"), a_session("bob")
            anns = await vault.save(ann.to_json(), session_id=ann.id, over=None)
            assert isinstance(anns, Saved)
            await vault.clear()
            bobs = await vault.save(bob.to_json(), session_id=bob.id, over=None)
            assert isinstance(bobs, Saved)
            assert await vault.save(ann.to_json(), session_id=ann.id, over=anns.generation) == Superseded()
            assert await vault.load() == Found(bob.to_json(), bobs.generation)

        play(run, subject, scenario)

    def test_a_signed_out_session_is_never_saved_again(self, subject: Open, run: Run) -> None:
        async def scenario(vault: Vault, tombstones: Tombstones) -> None:
            tombstones.lay("s")
            assert await vault.save("late", session_id="s", over=None) == Superseded()
            assert await vault.load() == Absent()
            assert isinstance(await vault.save("other", session_id="another", over=None), Saved)
            tombstones.lift("s")
            assert isinstance(await vault.save("again", session_id="s", over=None), Saved)

        play(run, subject, scenario)

    def test_what_the_server_is_owed_is_told_apart_from_tombstones(self, subject: Open, run: Run) -> None:
        async def scenario(_: Vault, tombstones: Tombstones) -> None:
            tombstones.lay("one")
            said = [tombstones.owed()]
            for step in (tombstones.owe, tombstones.owe, tombstones.paid, tombstones.paid, tombstones.owe):
                step("one")
                said.append(tombstones.owed())
            tombstones.owe("two")
            tombstones.forgive()
            assert [*said, tombstones.owed(), tombstones.covers("one")] == [
                *(False, True, True, False, False, True),
                *(False, True),
            ]

        play(run, subject, scenario)

    def test_clearing_leaves_nothing_and_may_be_repeated(self, subject: Open, run: Run) -> None:
        async def scenario(vault: Vault, _: Tombstones) -> None:
            await vault.save("it", session_id="s", over=None)
            assert await vault.clear() is None
            assert await vault.load() == Absent()
            assert await vault.clear() is None

        play(run, subject, scenario)

    def test_clearing_one_session_leaves_what_somebody_else_has_stored_since(self, subject: Open, run: Run) -> None:
        async def scenario(vault: Vault, _: Tombstones) -> None:
            anns, bobs = a_session("ann"), a_session("bob")
            await vault.save(anns.to_json(), session_id=anns.id, over=None)
            await vault.save(bobs.to_json(), session_id=bobs.id, over=None)
            assert await vault.clear(session_id=anns.id) is None
            assert isinstance(await vault.load(), Found)
            assert await vault.clear(session_id=bobs.id) is None
            assert await vault.load() == Absent()

        play(run, subject, scenario)

    def test_calls_are_answered_in_the_order_they_were_made(self, subject: Open, run: Run) -> None:
        async def scenario(vault: Vault, _: Tombstones) -> None:
            kept, *others = await asyncio.gather(
                vault.save("it", session_id="s", over=None), vault.load(), vault.clear(), vault.load()
            )
            assert isinstance(kept, Saved)
            assert others == [Found("it", kept.generation), None, Absent()]

        play(run, subject, scenario)

    def test_no_text_is_seen_in_a_repr(self, subject: Open, run: Run) -> None:
        async def scenario(vault: Vault, _: Tombstones) -> None:
            kept = await vault.save("hush-hush", session_id="s", over=None)
            assert "hush" not in repr((kept, await vault.load(), vault))

        play(run, subject, scenario)

    def test_the_place_has_a_name(self, subject: Open, run: Run) -> None:
        async def scenario(vault: Vault, _: Tombstones) -> None:
            assert vault.place

        play(run, subject, scenario)
