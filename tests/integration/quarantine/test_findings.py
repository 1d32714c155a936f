"""Findings on a real PostgreSQL: kept with the key, counted and listed, gone when the legacy row is well."""

import json
from collections.abc import Callable, Sequence

import pytest
from typer.testing import CliRunner

from streams.bootstrap.findings import findings_service
from streams.bootstrap.status import target_status
from streams.cli import main
from streams.ports.findings import FindingCount, FindingReading, Sought
from streams.services.findings import FindingsPicture
from tests.engine import EngineWorld
from tests.integration.quarantine.documents import A, B, C, header, project

pytestmark = pytest.mark.postgres
LUAPAN = 2147483647


def read(world: EngineWorld, sought: Sought, limit: int = 50) -> FindingsPicture:
    """What the command is told."""
    return findings_service(world.settings).read(sought, limit)


def told(found: Sequence[FindingReading]) -> list[tuple[str, str, str, str]]:
    """All but the reason and the time."""
    return [(f.table, f.name, f.key, f.outcome) for f in found]


def filled(world: EngineWorld) -> Callable[[], None]:
    """A: its document twice; its project's summary overflowed. B: twice, and its date refused. C: nothing is wrong.

    Returned: B's second document is deleted, and applied.
    """
    history = world.history()
    header(history, 1, A)
    header(history, 2, A)
    history.update("tr_oss_proyek", project(history, 1, A), jumlah_investasi_rekap=LUAPAN)
    header(history, 3, B, tgl_terbit_nib="31-02-2020")
    again = header(history, 4, B, tgl_terbit_nib="31-02-2020")
    header(history, 5, C)
    history.commits()
    world.apply(history.chunks())
    done = {(chunk.topic, chunk.partition): chunk.end for chunk in history.chunks()}

    def mend() -> None:
        history.delete("tr_oss_header", again)
        history.commits()
        rest = [chunk.since(done[(chunk.topic, chunk.partition)]) for chunk in history.chunks()]
        world.service().apply([chunk for chunk in rest if chunk.records])

    return mend


def test_findings_are_counted_listed_and_go_with_the_defect(world: EngineWorld) -> None:
    mend = filled(world)
    twice, overflow = Sought("nib", "nib_ganda"), Sought(name="rekap_luapan")
    assert read(world, twice).counts == [FindingCount("nib", "nib_ganda", 2)]
    assert told(read(world, twice).findings) == [
        ("nib", "nib_ganda", A, "row"),
        ("nib", "nib_ganda", B, "quarantined"),
    ]
    assert told(read(world, twice, limit=1).findings) == [("nib", "nib_ganda", A, "row")]
    assert told(read(world, overflow).findings) == [("proyek", "rekap_luapan", "R-1", "row")]
    assert target_status(world.settings).read().findings["nib"] == {"nib_ganda": 2}
    mend()
    assert told(read(world, twice).findings) == [("nib", "nib_ganda", A, "row")]


def test_the_command_tells_the_same(world: EngineWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(world)
    monkeypatch.setattr(main, "load_settings", lambda **_: world.settings)
    picture = json.loads(CliRunner().invoke(main.app, ["findings", "--table", "nib", "--json"]).stdout)
    assert picture["counts"] == [{"table": "nib", "name": "nib_ganda", "keys": 2}]
    assert [f["key"] for f in picture["findings"]] == [A, B]
    text = CliRunner().invoke(main.app, ["findings"]).stdout
    assert all(word in text for word in ("rekap_luapan", "R-1", "overflowed", "nib_ganda"))
    assert str(LUAPAN) not in text.replace(",", "")
    unknown = CliRunner().invoke(main.app, ["findings", "--name", "tidak_ada"])
    assert unknown.exit_code == 78
