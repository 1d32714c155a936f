"""A row whose plain key is NULL is never lost from sight."""

from streams.services.recompute import Recompute
from tests.unit.language_world import PROJECT, A, LanguageWorld


def test_it_is_known_by_a_key_of_its_own() -> None:
    world = LanguageWorld(PROJECT)
    row = world.history.insert("proyek", id=7, kode=None, nib=A)
    other = world.history.insert("proyek", id=8, kode=None, nib=A)
    world.apply()
    assert world.outcomes("t_proyek") == {"?proyek:7": "quarantined", "?proyek:8": "quarantined"}
    assert Recompute(world.target, world.plan).differences(lambda *_: None).keys == {"t_proyek": {"quarantined": 2}}
    world.history.update("proyek", row, kode="abc-1")
    world.history.delete("proyek", other)
    world.apply()
    assert (set(world.rows("t_proyek")), world.outcomes("t_proyek")) == ({"abc-1"}, {})
    world.history.update("proyek", row, kode=None)
    world.apply()
    assert (world.rows("t_proyek"), world.outcomes("t_proyek")) == ({}, {"?proyek:7": "quarantined"})


def test_a_key_that_looks_like_such_a_row_is_refused() -> None:
    world = LanguageWorld(PROJECT)
    row = world.history.insert("proyek", id=7, kode="?proyek:8", nib=A)
    world.history.insert("proyek", id=8, kode="abc-1", nib=A)
    world.apply()
    assert (set(world.rows("t_proyek")), world.outcomes("t_proyek")) == ({"abc-1"}, {"?proyek:8": "quarantined"})
    world.history.update("proyek", row, kode="?proyek")
    world.apply()
    assert (set(world.rows("t_proyek")), world.outcomes("t_proyek")) == ({"abc-1", "?proyek"}, {})
