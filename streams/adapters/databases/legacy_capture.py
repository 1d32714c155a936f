"""Publication, replica identity and slots of the legacy PostgreSQL."""

from collections.abc import Sequence

import psycopg
from psycopg import sql

from streams.adapters.databases.legacy_session import LegacyDoor, Session
from streams.ports.capture import LegacyIdentity, SlotState

OWNER = "oss_owner"
CAPTURE = "oss_capture"
_REPLICA_IDENTITY = {"f": "full", "d": "default", "n": "nothing", "i": "index"}
_OWN_SCHEMA = "selaras."

_SLOT = """
SELECT active, coalesce(wal_status, 'lost'),
       coalesce(confirmed_flush_lsn - '0/0'::pg_lsn, 0)::bigint,
       coalesce(pg_current_wal_insert_lsn() - confirmed_flush_lsn, 0)::bigint,
       coalesce(pg_current_wal_insert_lsn() - restart_lsn, 0)::bigint
FROM pg_replication_slots WHERE slot_name = %s"""

_TABLES = """
SELECT n.nspname || '.' || c.relname, c.relreplident, has_table_privilege(%s, c.oid, 'SELECT')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname || '.' || c.relname = ANY(%s)"""

_PUBLISHED = "SELECT schemaname || '.' || tablename FROM pg_publication_tables WHERE pubname = %s ORDER BY 1"

_PUBLICATION = """
SELECT pubinsert AND pubupdate AND pubdelete AND pubtruncate, puballtables
FROM pg_publication WHERE pubname = %s"""


class LegacyCapture:
    """LegacySetup and LegacySlots on PostgreSQL, as the roles ``oss_owner`` and ``oss_capture``."""

    def __init__(self, door: LegacyDoor) -> None:
        self._door = door

    def faults(self, publication: str, tables: Sequence[str]) -> Sequence[str]:
        """Every reason why a capture of these tables cannot be right."""
        with self._door.session(OWNER) as session:
            return [
                *_server_faults(session),
                *_table_faults(session, tables),
                *_published(session, publication, tables),
            ]

    def create_publication(self, publication: str, tables: Sequence[str]) -> bool:
        """Make it, as the owner of the tables, unless it is there."""
        names = sql.SQL(", ").join(sql.Identifier(*table.split(".", 1)) for table in tables)
        statement = sql.SQL("CREATE PUBLICATION {} FOR TABLE {}").format(sql.Identifier(publication), names)
        with self._door.session(OWNER) as session:
            if session.execute(_PUBLICATION, [publication]).fetchone() is not None:
                return False
            session.execute(statement)
            return True

    def drop_publication(self, publication: str) -> None:
        """Remove it if it is there."""
        with self._door.session(OWNER) as session:
            session.execute(sql.SQL("DROP PUBLICATION IF EXISTS {}").format(sql.Identifier(publication)))

    def identity(self, slot: str, publication: str) -> LegacyIdentity:
        """Cluster, timeline, slot, publication with its tables, and each table's replica identity."""
        with self._door.session(CAPTURE) as session:
            system, timeline = _one(
                session,
                "SELECT system_identifier::text, timeline_id FROM pg_control_system(), pg_control_checkpoint()",
            )
            has_slot = session.execute("SELECT 1 FROM pg_replication_slots WHERE slot_name = %s", [slot]).fetchone()
            published = session.execute(_PUBLICATION, [publication]).fetchone()
            tables = tuple(str(row[0]) for row in session.execute(_PUBLISHED, [publication]))
            rows = session.execute(_TABLES, [CAPTURE, list(tables)]).fetchall()
        return LegacyIdentity(
            system=str(system),
            timeline=int(str(timeline)),
            slot=slot if has_slot else "",
            publication=publication if published else "",
            tables=tables,
            replica_identity={str(name): _REPLICA_IDENTITY[str(kind)] for name, kind, _ in sorted(rows)},
        )

    def slot(self, name: str) -> SlotState | None:
        """The slot as ``pg_replication_slots`` shows it."""
        with self._door.session(CAPTURE) as session:
            row = session.execute(_SLOT, [name]).fetchone()
        return SlotState(*row) if row is not None else None

    def drop_slot(self, name: str) -> bool:
        """Remove it; False while a walsender holds it."""
        with self._door.session(CAPTURE) as session:
            try:
                session.execute(
                    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", [name]
                )
            except psycopg.errors.ObjectInUse:
                return False
            return True


def _one(session: Session, query: str) -> tuple[object, ...]:
    row = session.execute(query).fetchone()
    assert row is not None
    return row


def _server_faults(session: Session) -> list[str]:
    faults = []
    (level,) = _one(session, "SHOW wal_level")
    if level != "logical":
        faults.append(f"wal_level is {level}; set it to logical and restart the legacy server.")
    role = session.execute("SELECT rolreplication, rolcanlogin FROM pg_roles WHERE rolname = %s", [CAPTURE]).fetchone()
    if role is None:
        faults.append(f"Role {CAPTURE} does not exist; create it with LOGIN and REPLICATION.")
    elif not all(role):
        faults.append(f"Role {CAPTURE} needs both LOGIN and REPLICATION.")
    return faults


def _table_faults(session: Session, tables: Sequence[str]) -> list[str]:
    found = {
        str(name): (str(identity), bool(readable))
        for name, identity, readable in session.execute(_TABLES, [CAPTURE, list(tables)])
    }
    faults = []
    for table in tables:
        if table not in found:
            faults.append(f"Table {table} does not exist in the legacy database.")
            continue
        identity, readable = found[table]
        if identity != "f" and not table.startswith(_OWN_SCHEMA):
            faults.append(
                f"Table {table} has replica identity {_REPLICA_IDENTITY[identity]}, so that its changes would not show"
                f" the row before: ALTER TABLE {table} REPLICA IDENTITY FULL."
            )
        if not readable:
            faults.append(f"Role {CAPTURE} may not read {table}: GRANT SELECT ON {table} TO {CAPTURE}.")
    return faults


def _published(session: Session, publication: str, tables: Sequence[str]) -> list[str]:
    row = session.execute(_PUBLICATION, [publication]).fetchone()
    if row is None:
        return []
    faults = []
    everything, all_tables = row
    if not everything:
        faults.append(f"Publication {publication} leaves out some kinds of change; it must publish all four.")
    published = {str(name) for (name,) in session.execute(_PUBLISHED, [publication])}
    missing, foreign = sorted(set(tables) - published), sorted(published - set(tables))
    if missing:
        faults.append(f"Publication {publication} lacks {', '.join(missing)}.")
    if foreign and not all_tables:
        faults.append(f"Publication {publication} also covers {', '.join(foreign)}, which nothing here reads.")
    return faults
