"""What speaks for a cause, read of a real PostgreSQL: writes by others, commits behind a key, versions in force."""

from collections.abc import Iterator

import pytest

from streams.adapters.databases.mirror import encoded
from streams.bootstrap.databases import target_engine
from streams.bootstrap.drift import drift_book, drift_progress, drift_store
from streams.drift.cause import Cause
from streams.drift.difference import WHOLE_TABLE, Check, Difference, Kind
from streams.drift.entry import Entry, EntryState
from streams.drift.verdict import Verdicts
from streams.ports.drift_ledger import Ledger, Wanted
from streams.services.drift_book import DriftBook
from streams.settings import Settings
from tests.engine import EngineWorld
from tests.integration.explain.company import A, B, filled

pytestmark = pytest.mark.postgres
P, C, F = Check.PROJECTION, Check.CAPTURE, Check.FOREIGN
WRITE = """
insert into selaras.foreign_write (schema_name, table_name, key, operation, user_name, application, seen_by)
values (%s, %s, %s, %s, %s, %s, 'trigger')
"""
STEP = """
insert into selaras.recompute (step, mapping, reference, after_key)
select 'nib', mapping, reference, %s from selaras.version
on conflict (step) do update set after_key = excluded.after_key
"""


class Kept:
    """The engine, the book and the ledger."""

    def __init__(self, settings: Settings) -> None:
        self.world = EngineWorld(settings)
        self.engine = target_engine(settings)
        self.book: DriftBook = drift_book(settings, self.world.ground.plan, self.engine)
        self.ledger: Ledger = drift_progress(self.engine)[2]
        filled(self.world)
        self.recomputed(True)

    def recomputed(self, yes: bool, after: str | None = None) -> None:
        """Whether all keys are computed under the versions in force, or how far that has come for ``nib``."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql("update selaras.version set recomputed = %s", (yes,))
            connection.exec_driver_sql(STEP, (after,))

    def written(self, schema: str, table: str, key: str | None, operation: str = "UPDATE") -> None:
        """Somebody else wrote."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql(WRITE, (schema, table, key, operation, "rba_app", "psql"))

    def found(self, check: Check, table: str, key: str, kind: Kind = Kind.DIFFERENT) -> Entry:
        """Record a difference; its entry."""
        self.book.record([Verdicts(check, table, different=(Difference(check, table, key, kind),))])
        (entry,) = self.ledger.entries(Wanted(checks=(check,), tables=(table,), key=key))
        return entry

    def same(self, check: Check, table: str, *keys: str) -> None:
        """Record that they are."""
        self.book.record([Verdicts(check, table, keys)])

    def row(self, sql: str) -> str:
        """One value."""
        with self.engine.connect() as connection:
            return str(connection.exec_driver_sql(sql).scalar_one())


@pytest.fixture
def kept(worlds: Settings) -> Iterator[Kept]:
    """A company in mirror and target."""
    made = Kept(worlds)
    yield made
    made.engine.dispose()
    made.world.close()


def test_without_evidence_the_cause_is_unknown(kept: Kept) -> None:
    entry = kept.found(P, "nib", A)
    assert entry.cause is Cause.UNKNOWN
    assert entry.detected_ms is not None  # since the commit of the newest row behind the key
    missed = kept.found(C, "tr_oss_header", "2")
    assert (missed.cause, missed.detected_ms) == (Cause.MISSED_CHANGE, None)


def test_a_write_to_the_row_of_a_key_is_its_cause_until_a_look_finds_the_row_right(kept: Kept) -> None:
    """The key is a NIB, the write names the row's UUID."""
    row = kept.row(f"select pelaku_usaha_id from rba.nib where nib = '{A}'")
    kept.written("rba", "pelaku_usaha", row)
    kept.found(F, "pelaku_usaha", row, Kind.WRITE)
    entry = kept.found(P, "pelaku_usaha", A)
    assert entry.cause is Cause.FOREIGN_WRITE
    assert entry.detected_ms is not None
    assert entry.detected_ms < 60_000
    assert entry.evidence.startswith("UPDATE by rba_app (psql) at 20")
    assert kept.found(P, "pelaku_usaha", B).cause is Cause.UNKNOWN
    kept.same(P, "pelaku_usaha", A)
    states = [one.state for one in kept.ledger.entries(Wanted(tables=("pelaku_usaha",)))]
    assert states == [EntryState.VERIFIED, EntryState.VERIFIED, EntryState.OPEN]
    assert kept.found(P, "pelaku_usaha", A).cause is Cause.UNKNOWN
    kept.written("rba", "pelaku_usaha", row)
    assert kept.found(P, "pelaku_usaha", A).cause is Cause.FOREIGN_WRITE


def test_a_write_to_a_mirror_row_is_the_cause_for_both_checks(kept: Kept) -> None:
    assert kept.found(P, "pelaku_usaha", A).cause is Cause.UNKNOWN
    kept.written("mirror", "tr_oss_header", "2")
    assert kept.found(C, "tr_oss_header", "2").cause is Cause.FOREIGN_WRITE
    assert kept.found(C, "tr_oss_header", "1").cause is Cause.MISSED_CHANGE
    assert kept.found(P, "nib", A).cause is Cause.FOREIGN_WRITE
    assert kept.found(P, "nib", B).cause is Cause.UNKNOWN
    kept.written("mirror", "oss_iumk", A)
    assert kept.found(C, "oss_iumk", A).cause is Cause.FOREIGN_WRITE
    assert kept.found(P, "pelaku_usaha", A).cause is Cause.FOREIGN_WRITE


def test_a_table_that_somebody_emptied_lacks_its_rows_for_that(kept: Kept) -> None:
    kept.written("rba", "nib", None)
    kept.found(F, "nib", WHOLE_TABLE, Kind.WRITE)
    assert kept.found(P, "nib", A, Kind.MISSING).cause is Cause.FOREIGN_WRITE
    assert kept.found(P, "nib", B).cause is Cause.UNKNOWN


def test_of_every_projection_the_rows_behind_its_keys_can_be_read(kept: Kept) -> None:
    for compiled in kept.world.ground.plan.ordered:
        assert kept.found(P, compiled.declaration.target, A).state is EntryState.OPEN
    for table in kept.world.read:
        assert kept.found(C, table, "1").state is EntryState.OPEN


def test_old_rules_are_a_cause_until_the_recompute_has_come_past_the_key(kept: Kept) -> None:
    kept.recomputed(False)
    assert kept.found(P, "nib", A).cause is Cause.MAPPING_CHANGED
    kept.same(P, "nib", A)
    kept.recomputed(False, after=A)
    assert kept.found(P, "nib", A).cause is Cause.UNKNOWN
    assert kept.found(P, "nib", B).cause is Cause.MAPPING_CHANGED


def test_lists_that_were_dropped_unread_void_the_looks_before(kept: Kept) -> None:
    with kept.engine.begin() as connection:
        for lists in ("touched", "touched_row"):
            connection.exec_driver_sql(f"delete from selaras.{lists}")
    assert dropped(kept) == 0
    assert kept.row("select forgotten_at is null from selaras.drift_monitor") == "True"
    old = "now() - interval '30 hours'"
    with kept.engine.begin() as connection:
        for table, column in (("touched", "projection"), ("touched_row", "table_name")):
            statement = f"insert into selaras.{table} ({column}, keys, at) values ('nib', %s, {old})"
            connection.exec_driver_sql(statement, (encoded([A]),))
    assert dropped(kept) == 2
    assert kept.row(f"select forgotten_at > {old} and forgotten_at < now() from selaras.drift_monitor") == "True"


def dropped(kept: Kept) -> int:
    with kept.world.ground.target.transaction() as work:
        return work.tidying.drop_touched(24)


def test_a_mirror_row_was_put_there_by_others_unless_they_had_taken_one_away(kept: Kept) -> None:
    """A row that others deleted and inserted again was a legacy row; so it may be in a table that they emptied."""
    for table, key, operation in (
        ("tr_oss_header", "7", "INSERT"),
        ("tr_oss_header", "7", "UPDATE"),
        ("tr_oss_header", "8", "DELETE"),
        ("tr_oss_header", "8", "INSERT"),
        ("tr_oss_header", "9", "UPDATE"),
        ("tr_oss_proyek", None, "TRUNCATE"),
        ("tr_oss_proyek", "7", "INSERT"),
    ):
        kept.written("mirror", table, key, operation)
    with drift_store(kept.world.ground.plan, kept.engine).transaction() as work:
        assert work.evidence.put_there("tr_oss_header", ["7", "8", "9", "10"]) == {"7"}
        assert work.evidence.put_there("tr_oss_proyek", ["7"]) == frozenset()


def test_a_write_to_a_row_of_no_key_is_mended_with_it(kept: Kept) -> None:
    kept.written("rba", "proyek_lokasi", "X-1")
    write = kept.found(F, "proyek_lokasi", "X-1", Kind.WRITE)
    assert kept.found(P, "proyek_lokasi", "?:X-1", Kind.EXTRA).cause is Cause.FOREIGN_WRITE
    kept.same(P, "proyek_lokasi", "?:X-1")
    (entry,) = kept.ledger.entries(Wanted(ids=(write.id,)))
    assert entry.state is EntryState.VERIFIED
