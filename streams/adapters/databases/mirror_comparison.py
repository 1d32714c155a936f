"""Legacy tables beside their mirror: both sides stream a digest a row, in the order of the key."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Engine, text

from streams.adapters.databases.sql_names import quoted
from streams.adapters.databases.target import translated
from streams.ports.checks import TableComparison
from streams.projection.catalog import Catalog, Table

Digest = tuple[str, str]
SAMPLES = 5
PAGE = 5000


class PostgresMirrorComparison:
    """Implements the port ``MirrorComparison``."""

    def __init__(self, legacy: Engine, target: Engine, catalog: Catalog, schema: str) -> None:
        self._legacy = legacy
        self._target = target
        self._catalog = catalog
        self._schema = schema

    def tables(self) -> Sequence[str]:
        """See the port."""
        return sorted(self._catalog.tables)

    def compare(self, table: str) -> TableComparison:
        """See the port."""
        described = self._catalog.tables[table]
        legacy_sql, mirror_sql = _statements(described, self._schema)
        counts = {"legacy": 0, "mirror": 0, "missing": 0, "extra": 0, "different": 0}
        samples: list[str] = []
        for kind, key in _differences(
            _counted(_rows(self._legacy, "legacy", legacy_sql), counts, "legacy"),
            _counted(_rows(self._target, "target", mirror_sql), counts, "mirror"),
        ):
            counts[kind] += 1
            if len(samples) < SAMPLES:
                samples.append(key)
        return TableComparison(
            table,
            counts["legacy"],
            counts["mirror"],
            counts["missing"],
            counts["extra"],
            counts["different"],
            tuple(samples),
        )


class PostgresTargetCounts:
    """Implements the port ``TargetCounts``."""

    def __init__(self, target: Engine, tables: Sequence[str]) -> None:
        self._target = target
        self._tables = tables

    def rows(self) -> Mapping[str, int]:
        """See the port."""
        with translated("target"), self._target.connect() as connection:
            return {
                table: connection.execute(text(f"select count(*) from rba.{quoted(table)}")).scalar_one()
                for table in self._tables
            }


def _statements(table: Table, schema: str) -> tuple[str, str]:
    # The text of a record marks NULL and '' apart and quotes what needs it: equal texts are equal rows.
    content = f"md5(row({', '.join(quoted(c) + '::text' for c in table.columns)})::text)"
    legacy, mirror = f"{quoted(schema)}.{quoted(table.name)}", f"mirror.{quoted(table.name)}"
    if table.key:
        key = " || '/' || ".join(f"{quoted(c)}::text" for c in table.key)
        order = 'order by ({key}) collate "C"'.replace("{key}", key)
        return (
            f"select {key}, {content} from {legacy} {order}",
            f"select {key}, {content} from {mirror} where not _deleted {order}",
        )
    order = 'order by c collate "C"'
    return (
        f"select c, n::text from (select {content} as c, count(*) as n from {legacy} group by 1) s {order}",
        f"select c, n::text from (select {content} as c, sum(_count) as n from {mirror} group by 1) s "
        f"where n <> 0 {order}",
    )


def _rows(engine: Engine, side: str, statement: str) -> Iterator[Digest]:
    with translated(side), engine.connect() as connection:
        result = connection.execution_options(yield_per=PAGE).exec_driver_sql(statement)
        for row in result:
            yield row[0], row[1]


def _counted(rows: Iterable[Digest], counts: dict[str, int], side: str) -> Iterator[Digest]:
    for row in rows:
        counts[side] += 1
        yield row


def _differences(left: Iterator[Digest], right: Iterator[Digest]) -> Iterator[tuple[str, str]]:
    ours, theirs = next(left, None), next(right, None)
    while ours is not None or theirs is not None:
        if theirs is None or (ours is not None and ours[0] < theirs[0]):
            yield "missing", ours[0] if ours else ""
            ours = next(left, None)
        elif ours is None or theirs[0] < ours[0]:
            yield "extra", theirs[0]
            theirs = next(right, None)
        else:
            if ours[1] != theirs[1]:
                yield "different", ours[0]
            ours, theirs = next(left, None), next(right, None)
