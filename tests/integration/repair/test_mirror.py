"""The mirror is mended by reading legacy rows again: what was missed, what was altered, what others write meanwhile."""

import pytest

from streams.drift.difference import Check, Difference, Kind
from streams.drift.entry import EntryState
from tests.engine import legacy_rows
from tests.integration.explain.company import A, B, document
from tests.integration.repair.conftest import Office, with_rows

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("closing")]
C, P = Check.CAPTURE, Check.PROJECTION
HEADERS = {"tr_oss_header": ["1", "2", "3", "4", "9"]}


def right(office: Office, table: str = "tr_oss_header") -> bool:
    """Whether mirror and legacy hold the same, by a look that the check has no part in."""
    rows = [row["row"] for row in office.legacy.execute(f"select to_json(t) as row from {table} as t")]  # type: ignore[arg-type]
    office.history.rows[table] = rows  # type: ignore[assignment]
    return office.world.mirrored(table) == legacy_rows(office.history, table)


def test_missed_changes_are_read_again_with_all_that_follows_from_them(office: Office) -> None:
    """An insert, an update and a delete whose events were lost."""
    other = office.world.history()
    document(other, 4, "9999000000033", oss_id="P-4", nama_perseroan="PT Baru")
    with_rows(other, office.legacy)
    office.legacy.execute("update tr_oss_header set nama_perseroan = 'PT Ganti' where idoss = 2")
    office.legacy.execute("delete from tr_oss_header where idoss = 3")
    office.look(C, HEADERS)
    found = {(e.difference.key, e.difference.kind) for e in office.entries()}
    assert found == {("4", Kind.MISSING), ("2", Kind.DIFFERENT), ("3", Kind.EXTRA)}
    result = office.repair()
    assert (len(result.verified), result.is_well) == (3, True)
    assert office.stream.asked == [("tr_oss_header", "\"idoss\" in ('2', '3', '4')")]
    assert right(office)
    named = office.world.rows("select nib, dihapus_pada is not null as gone from rba.nib order by 1")
    assert [(row["nib"], row["gone"]) for row in named] == [(A, False), ("9999000000033", False)]
    (company,) = office.world.rows("select nama from rba.pelaku_usaha where legacy_idoss = 2")
    assert company["nama"] == "PT Ganti"
    (deleted,) = office.world.rows("select dihapus_pada from rba.pelaku_usaha where legacy_idoss = 3")
    assert deleted["dihapus_pada"] is not None
    office.look(P)
    assert office.entries() == []


def test_an_altered_row_is_overwritten_though_nothing_newer_happened_to_it(office: Office) -> None:
    office.do(
        "update mirror.tr_oss_header set nama_perseroan = 'PT Palsu' where idoss = 2",
        "update mirror.tr_oss_header set _deleted = true where idoss = 3",
        "delete from mirror.tr_oss_penanggung_jwb where idpj = 1",
        "update mirror.oss_iumk set _count = 7",
    )
    before = office.world.state()["rba.pelaku_usaha"]
    people = {"tr_oss_penanggung_jwb": ["1"], "oss_iumk": [A, ""]}
    office.look(C, {**HEADERS, **people})
    assert len(office.entries()) == 4
    assert office.repair().is_well
    assert office.entries() == []
    assert all(right(office, table) for table in ("tr_oss_header", "tr_oss_penanggung_jwb", "oss_iumk"))
    office.look(P)
    assert (office.entries(), office.world.state()["rba.pelaku_usaha"]) == ([], before)


def test_a_row_that_others_put_there_leaves_no_trace(office: Office) -> None:
    """A mark would say that there was such a company, and that it was deleted."""
    before = office.world.state()
    office.do(
        "insert into mirror.tr_oss_header select * from "
        "json_populate_record((select h from mirror.tr_oss_header as h where idoss = 3), "
        """'{"idoss": 9, "nib": "9999000000041", "oss_id": "P-9"}')""",
        "insert into selaras.foreign_write (tx, schema_name, table_name, key, operation, seen_by) "
        "values (1, 'mirror', 'tr_oss_header', '9', 'INSERT', 'trigger')",
    )
    office.parts.target.keys("pelaku_usaha", ["9999000000041"])
    assert len(office.world.rows("select 1 from rba.pelaku_usaha")) == 3
    office.look(C, HEADERS)
    office.note(Difference(Check.FOREIGN, "tr_oss_header", "9", Kind.WRITE, {"operation": (None, "INSERT")}))
    assert office.repair().is_well
    assert office.entries() == []
    assert office.world.state() == before


def test_a_mirror_table_that_others_emptied_is_read_whole(office: Office) -> None:
    before = office.world.state()["rba.pelaku_usaha"]
    office.do("delete from mirror.tr_oss_header")
    office.note(Difference(Check.FOREIGN, "tr_oss_header", "*", Kind.WRITE, {"operation": (None, "TRUNCATE")}))
    (emptied,) = office.entries()
    office.look(P)
    lost = [e.id for e in office.entries() if e.difference.check is P]
    assert lost
    assert office.repair(*lost).refused.keys() == set(lost)
    result = office.repair()
    assert emptied.id in result.waiting
    assert office.stream.asked == [("tr_oss_header", "")]
    assert right(office)
    assert office.world.state()["rba.pelaku_usaha"] == before


@pytest.mark.parametrize("when", ["before_read", "after_read"])
def test_a_newer_change_is_never_overtaken(office: Office, when: str) -> None:
    """Committed before the rows are read, or while they are: decoded before them, or after."""
    office.do("update mirror.tr_oss_header set nama_perseroan = 'PT Palsu'")
    rows = {row["idoss"]: row for row in office.history.rows["tr_oss_header"]}

    def meanwhile() -> None:
        office.history.update("tr_oss_header", rows[2], nama_perseroan="PT Terbaru")
        office.legacy.execute("update tr_oss_header set nama_perseroan = 'PT Terbaru' where idoss = 2")
        office.history.delete("tr_oss_header", rows[3])
        office.legacy.execute("delete from tr_oss_header where idoss = 3")
        document(office.history, 4, B, oss_id="P-4", nama_perseroan="PT Pengganti")
        office.history.commits()
        fresh = office.world.history()
        fresh.rows["tr_oss_header"] = office.history.rows["tr_oss_header"][-1:]
        with_rows(fresh, office.legacy)

    setattr(office.stream, when, meanwhile)
    office.look(C, HEADERS)
    assert len(office.entries()) == 3
    result = office.repair()
    assert len(result.verified) == 3
    assert right(office)
    names = office.world.rows("select nama from rba.pelaku_usaha where dihapus_pada is null order by 1")
    assert [row["nama"] for row in names] == ["PT Pengganti", "PT Terbaru"]


def test_a_change_that_arrives_before_the_read_is_applied_does_no_harm(office: Office) -> None:
    """Half of the log is applied by a worker before the rest: positions decide, not the order of arrival."""
    office.do("update mirror.tr_oss_header set nama_perseroan = 'PT Palsu' where idoss = 2")
    (row,) = [row for row in office.history.rows["tr_oss_header"] if row["idoss"] == 2]
    office.look(C, HEADERS)

    def applied() -> None:
        office.history.update("tr_oss_header", row, nama_perseroan="PT Terbaru")
        office.history.commits()
        office.legacy.execute("update tr_oss_header set nama_perseroan = 'PT Terbaru' where idoss = 2")
        office.stream.pass_(1.0)

    office.stream.before_read = applied
    assert office.repair().is_well
    assert right(office)


def test_what_could_not_be_read_again_is_open_again_with_the_reason(office: Office) -> None:
    office.do("update mirror.tr_oss_header set nama_perseroan = 'PT Palsu' where idoss = 2")
    office.look(C, HEADERS)
    (entry,) = office.entries()
    office.legacy.execute("alter table tr_oss_header rename to gone")
    with pytest.raises(Exception, match=r"gone|exist"):
        office.repair(entry.id)
    assert [step[0] for step in office.steps(entry.id)] == [EntryState.OPEN, EntryState.REPAIRED, EntryState.OPEN]
