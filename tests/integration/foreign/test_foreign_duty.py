"""From a write by somebody else to an entry in the ledger, and to the keys that are looked at first."""

import pytest

from streams.bootstrap.databases import target_engine
from streams.bootstrap.drift import drift_book, drift_progress
from streams.bootstrap.foreign_writes import foreign_duties
from streams.bootstrap.monitor import monitor
from streams.drift.cause import Cause
from streams.drift.difference import Check
from streams.drift.entry import Entry, EntryState
from streams.drift.verdict import Verdicts
from streams.ports.drift_ledger import Wanted
from tests.integration.explain.company import A
from tests.integration.foreign.conftest import Watching
from tests.waiting import wait_until

pytestmark = pytest.mark.postgres


def test_from_the_write_to_the_ledger_and_back(watching: Watching) -> None:
    engine = target_engine(watching.settings)
    ground = watching.world.ground
    book, (progress, _, ledger) = drift_book(watching.settings, ground.plan, engine), drift_progress(engine)
    log, health = foreign_duties(watching.watch, book, progress, ground, 0.5)
    row = watching.value(f"select pelaku_usaha_id from rba.nib where nib = '{A}'")
    watching.by("rba_app", f"update rba.pelaku_usaha set versi = versi + 1 where id = '{row}'")
    watching.by("postgres", "update mirror.tr_oss_header set nama_perseroan = 'PT Lain' where idoss = 2")
    while log.bite():
        pass
    health.bite()
    found = ledger.entries(Wanted(checks=(Check.FOREIGN,)))
    assert {(e.difference.table, e.difference.key) for e in found} == {("pelaku_usaha", row), ("tr_oss_header", "2")}
    assert {(e.cause, e.state) for e in found} == {(Cause.FOREIGN_WRITE, EntryState.OPEN)}
    assert all(e.detected_ms is not None and e.detected_ms < 60_000 for e in found)
    assert dict(progress.unknown(Check.PROJECTION, 10)) == {"pelaku_usaha": [A]}
    assert dict(progress.unknown(Check.CAPTURE, 10)) == {"tr_oss_header": ["2"]}
    book.record([Verdicts(Check.PROJECTION, "pelaku_usaha", (A,)), Verdicts(Check.CAPTURE, "tr_oss_header", ("2",))])
    assert {e.state for e in ledger.entries(Wanted(checks=(Check.FOREIGN,)))} == {EntryState.VERIFIED}
    engine.dispose()


def test_the_monitor_finds_the_write_and_what_it_did(watching: Watching) -> None:
    """The write by its trigger; the row that differs by the projection check, which looks there first."""
    row = watching.value("select min(id::text) from rba.legalitas")
    watching.by("selaras_applier", "update selaras.version set recomputed = true")
    engine = target_engine(watching.settings)
    _, _, ledger = drift_progress(engine)

    def entries(check: Check) -> list[Entry]:
        wanted = Wanted(checks=(check,), tables=("legalitas",), states=(EntryState.OPEN,))
        return list(ledger.entries(wanted))

    with monitor(watching.settings, lambda _: None) as running:
        while running.round():
            pass
        watching.by("rba_app", f"update rba.legalitas set nama_notaris = 'Lain' where id = '{row}'")
        wait_until(lambda: bool(running.round() or entries(Check.PROJECTION)), "the difference is found")
        wait_until(lambda: not running.round() and bool(entries(Check.PROJECTION)), "everything is looked at")
        # There is no connector here: the capture check waits.
        assert not [name for name in running.troubles if Check.CAPTURE not in name]
    (write,) = entries(Check.FOREIGN)
    (differing,) = entries(Check.PROJECTION)
    assert write.difference.key == row
    assert "rba_app" in differing.evidence
    assert differing.cause is Cause.FOREIGN_WRITE
    engine.dispose()
