"""The capture check under traffic: no difference that isn't there, every difference that is; on a real PostgreSQL."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from streams.bootstrap.capture_check import capture_check, gentle_reader_engine
from streams.drift.verdict import Verdicts
from streams.ports.capture_check import (
    Compared,
    Keys,
    LegacyRows,
    LegacySide,
    MirrorColumns,
    MirrorRows,
    MirrorSide,
    Run,
    Sum,
)
from streams.services.capture_check import CaptureCheck
from streams.settings import Settings
from tests.capture_traffic import DEEDS, MICRO, Traffic
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld

pytestmark = pytest.mark.postgres
TABLES = (DEEDS, MICRO)


@pytest.fixture(scope="module")
def world(server: Settings) -> Iterator[EngineWorld]:
    """One pair of databases for this file."""
    with fresh_worlds(server) as settings:
        made = EngineWorld(settings)
        yield made
        made.close()


@pytest.fixture(scope="module")
def legacy(world: EngineWorld) -> Iterator[Engine]:
    """Gentle sessions on its legacy database."""
    engine = gentle_reader_engine(world.settings)
    yield engine
    engine.dispose()


class BusyLegacy:
    """The legacy side, with traffic before every read."""

    def __init__(self, side: LegacySide, traffic: Traffic) -> None:
        self._side = side
        self._traffic = traffic

    def columns(self, table: str) -> Mapping[str, str]:
        """See the port."""
        return self._side.columns(table)

    def bound(self, table: str, after: str | None, count: int) -> str | None:
        """See the port."""
        return self._side.bound(table, after, count)

    def total(self, table: str, columns: Sequence[Compared], run: Run) -> Sum:
        """See the port."""
        self._traffic.step()
        return self._side.total(table, columns, run)

    def digests(self, table: str, columns: Sequence[Compared], of: Keys | Run) -> Mapping[str, str | None]:
        """See the port."""
        self._traffic.step()
        return self._side.digests(table, columns, of)

    def rows(self, table: str, columns: Sequence[Compared], keys: Collection[str]) -> LegacyRows:
        """See the port."""
        for _ in range(self._traffic.random.randint(0, 4)):
            self._traffic.step()
        return self._side.rows(table, columns, keys)


class BusyMirror:
    """The mirror, with traffic before every read."""

    def __init__(self, side: MirrorSide, traffic: Traffic) -> None:
        self._side = side
        self._traffic = traffic

    def columns(self, table: str) -> MirrorColumns:
        """See the port."""
        return self._side.columns(table)

    def bound(self, table: str, after: str | None, count: int) -> str | None:
        """See the port."""
        return self._side.bound(table, after, count)

    def total(self, table: str, columns: Sequence[Compared], run: Run) -> Sum:
        """See the port."""
        self._traffic.step()
        return self._side.total(table, columns, run)

    def digests(self, table: str, columns: Sequence[Compared], of: Keys | Run) -> Mapping[str, str | None]:
        """See the port."""
        self._traffic.step()
        return self._side.digests(table, columns, of)

    def rows(self, table: str, columns: Sequence[Compared], keys: Collection[str]) -> MirrorRows:
        """See the port."""
        for _ in range(self._traffic.random.randint(0, 4)):
            self._traffic.step()
        return self._side.rows(table, columns, keys)


def quiet(world: EngineWorld, legacy: Engine, traffic: Traffic) -> CaptureCheck:
    """The check on this world."""
    return capture_check(world.settings, world.ground, legacy, world.applier, traffic)


def busy(world: EngineWorld, legacy: Engine, traffic: Traffic) -> CaptureCheck:
    """The check whose every read has traffic before it."""
    check = quiet(world, legacy, traffic)
    check.legacy, check.mirror = BusyLegacy(check.legacy, traffic), BusyMirror(check.mirror, traffic)
    return check


def begun(world: EngineWorld, seed: int) -> Traffic:
    """Empty databases."""
    world.empty()
    traffic = Traffic(world, Random(seed))
    traffic.clear()
    return traffic


def wrong(traffic: Traffic, verdicts: Sequence[Verdicts]) -> list[tuple[str, str]]:
    """Differences of keys where nothing was planted."""
    found = [(one.table, one.key) for each in verdicts for one in each.different]
    return [key for key in found if key not in traffic.tainted]


def held(world: EngineWorld, table: str, key: str) -> Counter[str]:
    """What the mirror has of a key, and how often; a count below zero is what a lost event leaves, and a difference."""
    column = "idlegal::text" if table == DEEDS else "coalesce(nib, '')"
    live = "case when _deleted then 0 else 1 end" if table == DEEDS else "_count"
    found = Counter[str]()
    for row in world.rows(f"select *, {live} as n from mirror.{table} where {column} = '{key}'"):
        found[_text({name: value for name, value in row.items() if name[0] != "_" and name != "n"})] += row["n"]
    return Counter({text: count for text, count in found.items() if count})


def there(traffic: Traffic, table: str, key: str) -> Counter[str]:
    """What the legacy table has of it."""
    column = "idlegal" if table == DEEDS else "nib"
    return Counter(_text(row) for row in traffic.legacy(table) if str(row[column] or "") == key)


def _text(row: Mapping[str, object]) -> str:
    return repr(sorted((name, str(value)) for name, value in row.items()))


@settings(phases=(Phase.explicit, Phase.generate))
@given(seed=st.integers(0, 2**32))
def test_no_difference_is_told_that_is_not_there_and_every_one_is_found(
    world: EngineWorld, legacy: Engine, seed: int
) -> None:
    """Events are lost and mirror rows altered while writers, the applier and the check go on."""
    traffic = begun(world, seed)
    try:
        check = busy(world, legacy, traffic)
        for number in range(9):
            for _ in range(6):
                traffic.step()
            if number % 3 == 2:
                traffic.plant()
            keys = {table: traffic.keys(table) for table in TABLES}
            verdicts = check.of_tables(keys)
            assert wrong(traffic, verdicts) == []
            assert [each.keys for each in verdicts] == [len(found) for found in keys.values()]
        traffic.rest()
        check = quiet(world, legacy, traffic)
        traffic.is_quiet = True
        for table in TABLES:
            verdicts = check.rows(table, traffic.keys(table))
            differing = {k for k in traffic.keys(table) if held(world, table, k) != there(traffic, table, k)}
            assert {one.key for one in verdicts.different} == differing
            assert set(verdicts.same) == set(traffic.keys(table)) - differing
            assert not verdicts.unknown
            assert scanned(check, table) == differing
    finally:
        traffic.close()


def scanned(check: CaptureCheck, table: str) -> set[str]:
    """The differences that a scan of the table finds."""
    found, after = set(), ""
    while True:
        verdicts, part = check.part(table, after)
        found |= {one.key for one in verdicts.different}
        assert part.after == after
        if part.last is None:
            return found
        assert part.last > after
        after = part.last
