"""Children deleted and inserted again unchanged, under new surrogate keys: not one write in the new database."""

from collections.abc import Iterator, Sequence

import pytest

from streams.changes.chunk import Chunk
from streams.services.replicate import Place
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld
from tests.history import History
from tests.integration.test_sweep import NIB, company

pytestmark = pytest.mark.postgres
SHARED = {"nib": NIB, "jns_identitas_penanggung_jwb": "01", "sts_aktif": "1", "tgl_insert": "2019-03-04T10:11:12Z"}


@pytest.fixture
def world(server: Settings) -> Iterator[EngineWorld]:
    """Databases of its own."""
    with fresh_worlds(server) as settings:
        world = EngineWorld(settings)
        yield world
        world.close()


@pytest.fixture
def history(world: EngineWorld) -> History:
    """A company with people and deeds, applied."""
    history = world.history()
    company(history, 1)
    for number in (1, 2, 3):
        identity = f"927101010180000{number}"
        history.insert(
            "tr_oss_penanggung_jwb",
            idpj=number,
            **SHARED,
            no_identitas_penanggung_jwb=identity,
            nama_penanggung_jwb=f"Orang {number}",
            jabatan_penanggung_jwb="Direktur",
        )
        history.insert(
            "tr_oss_legalitas", idlegal=number, nib=NIB, jenis_legal="01", no_legal=f"{number}", tgl_legal="2019-03-04"
        )
    history.commits()
    world.apply(history.chunks())
    return history


def replace_all(history: History, table: str, column: str) -> None:
    """Delete the table's rows and insert them again with other numbers, in one transaction."""
    rows = list(history.rows[table])
    for row in rows:
        history.delete(table, row)
    for row in reversed(rows):
        history.insert(table, **{**row, column: int(str(row[column])) + 100})


def feed(world: EngineWorld, chunks: Sequence[Chunk], size: int, *, may_hold: bool) -> tuple[int, int]:
    """Apply in pieces as the worker does; writes and transient keys."""
    service = world.service()
    written = transient = 0
    for chunk in chunks:
        place: Place = (chunk.topic, chunk.partition)
        records = chunk.since(service.positions({place: 0})[place]).records
        held: list[Chunk] = []
        while records:
            piece = Chunk(*place, records[0].offset, records[:size])
            applied = service.apply([*held, piece], {place} if may_hold else ())
            held, records = list(applied.held), records[size:]
            written += applied.settled.written + applied.settled.deleted
            transient += applied.transient
        assert not held
    return written, transient


@pytest.mark.parametrize("size", [1, 2, 5])
def test_replaced_children_are_not_written(world: EngineWorld, history: History, size: int) -> None:
    assert len(world.rows("select 1 from rba.peran_orang")) == 3
    assert len(world.rows("select 1 from rba.legalitas")) == 3
    before = world.state()
    replace_all(history, "tr_oss_penanggung_jwb", "idpj")
    replace_all(history, "tr_oss_legalitas", "idlegal")
    history.commits()
    assert feed(world, history.chunks(), size, may_hold=True) == (0, 0)
    after = world.state()
    changed = {name for name in before if before[name] != after[name]}
    assert not {name for name in changed if name.startswith("rba.")}


def test_without_holding_they_would_be(world: EngineWorld, history: History) -> None:
    """The test above tests something."""
    replace_all(history, "tr_oss_penanggung_jwb", "idpj")
    history.commits()
    written, transient = feed(world, history.chunks(), 1, may_hold=False)
    assert (written > 0, transient > 0) == (True, True)
