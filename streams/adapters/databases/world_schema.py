"""The two worlds' schemas from ``schemas/``: the legacy's tables, the new system's, and its code tables."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from streams.adapters.databases.watch_triggers import ddl
from streams.errors import ErrorKind, SelarasError

REFERENCE = "selaras reference"  # name of the sessions that load code tables: not somebody else's writes
LEGACY_MARK = ("public", "tr_oss_header")
TARGET_MARK = ("rba", "hak_akses")


def create_legacy_schema(connection: psycopg.Connection, schemas_dir: Path) -> bool:
    """Run ``schemas/legacy/*.sql`` in one transaction, unless the tables are there; True when it ran.

    Needs the role ``oss_owner`` with CREATE on the database and on schema ``public``, and the roles that
    ``80_grants.sql`` names.
    """
    return _create(connection, schemas_dir / "legacy", LEGACY_MARK)


def create_target_schema(connection: psycopg.Connection, schemas_dir: Path) -> bool:
    """Run ``schemas/target/*.sql`` likewise, then (always) load the code tables and have the watch over foreign writes
    on every table; True when the schema was made.

    Needs the role ``rba_owner`` with CREATE on the database, and the roles that ``80_grants.sql`` names.
    """
    made = _create(connection, schemas_dir / "target", TARGET_MARK)
    load_reference(connection, schemas_dir)
    with connection.transaction():
        connection.execute(ddl(schemas_dir).encode())
    return made


def load_reference(connection: psycopg.Connection, schemas_dir: Path) -> dict[str, int]:
    """Upsert the code tables from ``schemas/reference``; the number of rows that changed, a table each."""
    folder = schemas_dir / "reference"
    with connection.transaction():
        connection.execute("SELECT set_config('application_name', %s, true)", [REFERENCE])
        return {table.name: _upsert(connection, table, _read(folder / table.file)) for table in _CODE_TABLES}


class WorldSchemas:
    """Makes both schemas, each as its owner."""

    def __init__(self, legacy: str, target: str | None, schemas_dir: Path) -> None:
        """Connection strings of the owners; None leaves the target out."""
        self._legacy = legacy
        self._target = target
        self._schemas_dir = schemas_dir

    def prepare(self) -> bool:
        """See the port."""
        made = self._as_owner("legacy", self._legacy, create_legacy_schema)
        if self._target is not None:
            made = self._as_owner("target", self._target, create_target_schema) or made
        return made

    def _as_owner(self, side: str, conninfo: str, create: Callable[[psycopg.Connection, Path], bool]) -> bool:
        with _told(side), psycopg.connect(conninfo, autocommit=True) as connection:
            return create(connection, self._schemas_dir)


@contextmanager
def _told(side: str) -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        raise SelarasError(
            ErrorKind.UNAVAILABLE,
            f"The {side} database does not answer.",
            "Start it ('selaras stack up') or check host and port in the settings.",
        ) from error
    except psycopg.Error as error:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"The schema of the {side} database could not be made: {error.diag.message_primary or error}.",
            "Check that the roles exist and that the owner may create schemas.",
        ) from error


@dataclass(frozen=True, slots=True)
class _CodeTable:
    name: str
    file: str
    columns: tuple[str, ...]  # of the table, in the order of the file's columns
    key: tuple[str, ...]


_CODE_TABLES = (
    _CodeTable("ref_kbli", "kbli.csv", ("edisi", "kode", "judul", "kategori"), ("edisi", "kode")),
    _CodeTable(
        "ref_kbli_konversi",
        "kbli_conversion.csv",
        ("kode_2017", "kode_2020", "jenis", "otomatis", "sumber"),
        ("kode_2017", "kode_2020"),
    ),
    _CodeTable(
        "ref_wilayah",
        "regions.csv",
        ("kode", "kode_oss", "nama", "tingkat", "dasar", "berlaku_sampai", "kode_pengganti"),
        ("kode",),
    ),
)


def _create(connection: psycopg.Connection, folder: Path, mark: tuple[str, str]) -> bool:
    with connection.transaction():
        if (
            connection.execute("SELECT FROM pg_tables WHERE schemaname = %s AND tablename = %s", mark).fetchone()
            is not None
        ):
            return False
        files = sorted(folder.glob("*.sql"))
        if not files:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"The folder {folder} holds no DDL.",
                "restore it from the release, or point SELARAS_SCHEMAS_DIR at a whole schemas folder",
            )
        for path in files:
            connection.execute(path.read_bytes())
    return True


def _read(path: Path) -> list[tuple[str | None, ...]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return [tuple(cell or None for cell in row) for row in rows]


def _upsert(connection: psycopg.Connection, table: _CodeTable, rows: list[tuple[str | None, ...]]) -> int:
    columns = [sql.Identifier(column) for column in table.columns]
    content = [sql.Identifier(column) for column in table.columns if column not in table.key]
    statement = sql.SQL(
        "INSERT INTO rba.{table} AS had ({columns}) VALUES ({values}) ON CONFLICT ({key}) DO UPDATE "
        "SET ({content}) = ROW({excluded}) WHERE ({had}) IS DISTINCT FROM ({excluded})"
    ).format(
        table=sql.Identifier(table.name),
        columns=sql.SQL(", ").join(columns),
        values=sql.SQL(", ").join(sql.Placeholder() for _ in columns),
        key=sql.SQL(", ").join(sql.Identifier(column) for column in table.key),
        content=sql.SQL(", ").join(content),
        excluded=sql.SQL(", ").join(sql.SQL("excluded.{}").format(column) for column in content),
        had=sql.SQL(", ").join(sql.SQL("had.{}").format(column) for column in content),
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)
        return cursor.rowcount
