"""From ids that are derived from keys back to the keys."""

from typing import Any

from streams.services.key_search import KeySearch, Met
from streams.services.pages import Pages
from tests.unit.language_world import PROJECT, A, LanguageWorld

DERIVED: dict[str, Any] = {**PROJECT, "key": {"column": "kode", "rule": "UUID5", "with": {"namespace": "p"}}}
KEYS = tuple(f"K{number:04}" for number in range(2500))


def world(*contents: dict[str, Any]) -> tuple[LanguageWorld, KeySearch]:
    made = LanguageWorld(*contents)
    for number, key in enumerate(KEYS):
        made.history.insert("proyek", id=number, kode=key, nib=A)
    made.apply()
    return made, KeySearch(Pages(made.target, made.plan))


def row_id(made: LanguageWorld, key: str) -> str:
    return str(made.plan.compiled("t_proyek").key_value(key))


def walked(search: KeySearch) -> tuple[dict[str, str], set[str]]:
    keys: dict[str, str] = {}
    unkeyed: set[str] = set()
    while search.is_busy:
        met = search.step()
        assert met is not None
        keys |= met.keys
        unkeyed |= met.unkeyed
    return keys, unkeyed


def test_where_the_id_is_the_key_nothing_is_looked_for() -> None:
    _, search = world(PROJECT)
    assert search.want("t_proyek", ["K0001"]) == Met("t_proyek", {"K0001": "K0001"})
    assert not search.is_busy
    assert search.step() is None


def test_tables_of_nobody_have_no_keys() -> None:
    _, search = world(DERIVED)
    assert search.want("ref_kbli", ["2020|01111"]) == Met("ref_kbli")
    assert not search.is_busy


def test_keys_are_met_page_by_page_and_ids_of_no_key_are_told() -> None:
    made, search = world(DERIVED)
    ids = {row_id(made, key): key for key in (KEYS[0], KEYS[1700], KEYS[-1])}
    assert search.want("t_proyek", [*ids, "nobody"]).keys == {}
    assert walked(search) == (ids, {"nobody"})


def test_the_search_ends_where_everything_was_met() -> None:
    made, search = world(DERIVED)
    search.want("t_proyek", [row_id(made, KEYS[0])])
    search.step()
    assert not search.is_busy


def test_what_is_wanted_on_the_way_is_looked_for_from_the_beginning() -> None:
    made, search = world(DERIVED)
    first, last = (row_id(made, key) for key in (KEYS[0], KEYS[-1]))
    search.want("t_proyek", [last])
    search.step()
    search.want("t_proyek", [first, "nobody"])
    assert walked(search) == ({first: KEYS[0], last: KEYS[-1]}, {"nobody"})
