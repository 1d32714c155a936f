"""A live change between the moment that another rule of keys is put in force and the page that derives them anew."""

from typing import Any

import pytest

from streams.services.recompute import Recompute
from tests.unit.language_world import ACCESS, GROUP, PRODUCT, PROJECT, A, B, LanguageWorld

BY_RULE: dict[str, Any] = {**PROJECT, "sources": {"proyek": {"table": "proyek", "key": ["kode"], "newest": ["id"]}}}
BY_NUMBER: dict[str, Any] = {**ACCESS, "sources": {"akun": {"table": "akun", "key": ["id", "daftar"]}}}
BY_NUMBER["columns"] = {**ACCESS["columns"], "nib": {"rule": "TXT", "from": "key.2"}}


def nothing(_name: str, _done: int) -> None:
    """No progress is shown."""


def test_a_row_whose_key_is_now_derived_keeps_its_target_row() -> None:
    world = LanguageWorld(PROJECT)
    row = world.history.insert("proyek", id=1, kode="abc-1", nib=A)
    world.apply()
    world.remap(BY_RULE)
    recompute = Recompute(world.target, world.plan)
    recompute.begin()
    world.history.update("proyek", row, nib=B)
    world.apply()
    assert world.rows("t_proyek") == {"abc-1": {"kode": "abc-1", "nib": B}}
    recompute.run(nothing)
    assert recompute.differences(nothing).changes == 0


@pytest.mark.parametrize("change", [{"surel": "y"}, {"daftar": B}])
def test_a_row_of_another_key_goes_from_the_old_one_at_once(change: dict[str, str]) -> None:
    world = LanguageWorld(PROJECT, GROUP, PRODUCT, ACCESS)
    row = world.history.insert("akun", id=1, daftar=A, surel="x", utama="F")
    world.history.insert("akun", id=2, daftar=A, surel="x", utama="F")
    world.apply()
    world.remap(PROJECT, GROUP, PRODUCT, BY_NUMBER)
    recompute = Recompute(world.target, world.plan)
    recompute.begin()
    world.history.update("akun", row, **change)
    world.apply()
    own = f"1|{change.get('daftar', A)}"
    assert set(world.rows("t_akses")) == {own, f"{A}|2"}
    recompute.run(nothing)
    assert set(world.rows("t_akses")) == {own, f"2|{A}"}
    assert recompute.differences(nothing).changes == 0
