"""What the projection check reads, on both implementations: one moment, rows compared, claims of others."""

from collections.abc import Mapping

import pytest

from streams.adapters.databases.explain import ExplainStatements
from streams.adapters.databases.projection_check import PostgresCheckMoments
from streams.adapters.databases.sources import SourceStatements
from streams.adapters.databases.target_comparison import ComparisonStatements, foreign_keys
from streams.adapters.databases.target_rows import TargetStatements
from streams.adapters.memory.projection_check import MemoryCheckMoments
from streams.changes.position import Position
from streams.ports.key_states import AsOf
from streams.ports.projection_check import CheckMoments
from streams.ports.recomputing import Step
from streams.projection.outcome import Fault, Finding, Outcome, OutcomeKind, Waits
from tests.contract.replication_worlds import COMPILED, LEGACY, PROJECTIONS, TARGET, MemoryWorld, PostgresWorld, World

A, B, C = "9999000000017", "9999000000025", "9999000000033"
CLAIM = PROJECTIONS[1].claims[0]


@pytest.fixture
def moments(world: World) -> CheckMoments:
    """Moments of the world's target."""
    if isinstance(world, MemoryWorld):
        return MemoryCheckMoments(world.target)
    assert isinstance(world, PostgresWorld)
    with world.engine.connect() as connection:
        parents = foreign_keys(connection)
    target = TargetStatements(COMPILED, TARGET)
    return PostgresCheckMoments(
        world.engine,
        ExplainStatements(PROJECTIONS, LEGACY, target),
        SourceStatements(PROJECTIONS, LEGACY),
        ComparisonStatements(target, TARGET, parents),
    )


def identity(nib: str) -> str:
    """The id of a company."""
    return str(COMPILED[0].key_value(nib))


def company(nib: str, name: str = "PT Baik") -> dict[str, object]:
    """A row of the target."""
    return {"id": identity(nib), "jenis_pelaku_usaha": "01", "nama": name, "modal_dasar": None}


def number(nib: str, oss_id: str) -> dict[str, object]:
    """A NIB of the company of the same number."""
    row = {"nib": nib, "pelaku_usaha_id": identity(nib), "oss_id": oss_id, "status_nib": "01"}
    return {**row, "tgl_terbit": "2019-03-04", "asal": "OSS_1_1"}


def write(world: World, projection: str, rows: Mapping[str, Mapping[str, object]]) -> None:
    """Write these rows."""
    with world.target.transaction() as work:
        assert work.target.write(projection, rows)[1] == {}


def test_only_rows_that_are_not_as_they_must_be_are_told(world: World, moments: CheckMoments) -> None:
    write(world, "pelaku_usaha", {A: company(A), B: company(B, "PT Lain")})
    with moments.now() as moment:
        compared = moment.comparison.compare("pelaku_usaha", {key: company(key) for key in (A, B, C)})
        assert moment.comparison.compare("pelaku_usaha", {}).missing == {}
    assert set(compared.missing) == {C}
    assert compared.missing[C]["nama"] == "PT Baik"
    assert set(compared.different) == {B}
    wanted, found = compared.different[B]
    assert (wanted["nama"], found["nama"]) == ("PT Baik", "PT Lain")
    assert wanted["id"] == found["id"]
    assert compared.impossible == frozenset()


def test_values_that_no_row_can_hold_are_told_apart(world: World, moments: CheckMoments) -> None:
    write(world, "pelaku_usaha", {A: company(A)})
    rows = {A: company(A), B: company(B, "x" * 256), C: company(C)}
    with moments.now() as moment:
        compared = moment.comparison.compare("pelaku_usaha", rows)
    assert (set(compared.missing), set(compared.different), compared.impossible) == ({C}, set(), {B})


def test_rows_of_groups_are_compared_too(world: World, moments: CheckMoments) -> None:
    write(world, "kelompok", {"a|X": {"kunci": "a|X", "nama": "Satu"}, "b|X": {"kunci": "b|X", "nama": None}})
    wanted = {key: {"kunci": key, "nama": "Satu"} for key in ("a|X", "b|X", "c|X")}
    with moments.now() as moment:
        compared = moment.comparison.compare("kelompok", wanted)
        assert list(moment.comparison.ids_after("kelompok", "a|X", 5)) == ["b|X"]
    assert (set(compared.missing), set(compared.different)) == ({"c|X"}, {"b|X"})


def test_a_moment_stays_what_it_was(world: World, moments: CheckMoments) -> None:
    write(world, "pelaku_usaha", {A: company(A)})
    with moments.now() as moment:
        assert set(moment.target.read("pelaku_usaha", [A, B])) == {A}
        write(world, "pelaku_usaha", {A: company(A, "PT Lain"), B: company(B)})
        assert set(moment.target.read("pelaku_usaha", [A, B])) == {A}
        assert moment.comparison.compare("pelaku_usaha", {A: company(A)}).different == {}


def test_of_looked_up_rows_only_what_is_read_comes(world: World, moments: CheckMoments) -> None:
    write(world, "pelaku_usaha", {A: company(A)})
    write(world, "kelompok", {"a|X": {"kunci": "a|X", "nama": "Satu"}})
    with moments.now() as moment:
        assert moment.comparison.looked_up("pelaku_usaha", [A, B]) == {A: {"id": identity(A)}}
        assert moment.comparison.looked_up("kelompok", ["a|X", "b|X"])["a|X"]["kunci"] == "a|X"


def test_ids_come_in_order_and_rows_by_them(world: World, moments: CheckMoments) -> None:
    write(world, "pelaku_usaha", {key: company(key) for key in (A, B, C)})
    ids = sorted(identity(key) for key in (A, B, C))
    with moments.now() as moment:
        assert list(moment.comparison.ids_after("pelaku_usaha", None, 2)) == ids[:2]
        assert list(moment.comparison.ids_after("pelaku_usaha", ids[1], 2)) == ids[2:]
        rows = moment.comparison.rows("pelaku_usaha", [ids[0], "no id", str(COMPILED[0].key_value("0"))])
        assert set(rows) == {ids[0]}
        assert rows[ids[0]]["nama"] == "PT Baik"


def test_a_row_without_its_parent_is_told_with_what_it_refers_by(world: World, moments: CheckMoments) -> None:
    write(world, "pelaku_usaha", {A: company(A)})
    write(world, "nib", {A: number(A, "P-1")})
    with moments.now() as moment:
        assert moment.comparison.orphans("nib", [A, B]) == {}
        assert moment.comparison.orphans("kelompok", ["a|X"]) == {}
    if isinstance(world, MemoryWorld):  # the real one can't lose a parent without its superuser
        world.target.state = world.target.state.fork()
        del world.target.state.rows["pelaku_usaha"][identity(A)]
        with moments.now() as moment:
            assert moment.comparison.orphans("nib", [A, B]) == {A: {"pelaku_usaha_id": identity(A)}}


def test_claims_of_these_keys_and_of_all_others(world: World, moments: CheckMoments) -> None:
    with world.target.transaction() as work:
        work.states.claim("nib", CLAIM, {A: ("P-1", "2"), B: ("P-1", "1"), C: ("P-2", "1")})
    with moments.now() as moment:
        assert moment.claims.wishes("nib", "oss_id", [A, C, "x"]) == {A: ("P-1", "2"), C: ("P-2", "1")}
        assert moment.claims.others("nib", "oss_id", ["P-1", "P-2", "P-3"], [C]) == {"P-1": ("1", B)}
        assert moment.claims.others("nib", "oss_id", ["P-1"], [B]) == {"P-1": ("2", A)}
        assert moment.claims.others("nib", "oss_id", [], []) == {}


def test_states_come_back_as_they_were_recorded(world: World, moments: CheckMoments) -> None:
    outcome = Outcome(OutcomeKind.QUARANTINED, None, (Fault("oss_id", "TXT", "no text", "xx"),))
    with world.target.transaction() as work:
        work.states.record("nib", {A: outcome, B: Outcome(OutcomeKind.ROW, {})})
    with moments.now() as moment:
        (state,) = moment.kept.states("nib", [A, B]).values()
    assert (state.outcome, state.waits_for_table, state.waits_for) == ("quarantined", None, None)
    assert list(state.faults) == [{"column": "oss_id", "rule": "TXT", "reason": "no text", "masked": "xx"}]
    assert list(state.findings) == []


def test_a_history_comes_back_with_positions_the_oldest_first(world: World, moments: CheckMoments) -> None:
    refused = Outcome(OutcomeKind.QUARANTINED, None, (Fault("oss_id", "TXT", "no text", "xx"),))
    waits = Outcome(OutcomeKind.WAITING, None, waits=Waits("pelaku_usaha", B), findings=(Finding("nama", "why"),))
    for outcome, as_of in ((refused, AsOf(Position(3, 7, 9, 1), 1_551_694_272_000)), (waits, None)):
        with world.target.transaction() as work:
            work.states.record("nib", {A: outcome, B: Outcome(OutcomeKind.ROW, {})}, as_of=as_of)
    with moments.now() as moment:
        (first, second) = moment.kept.history("nib", [A, B])[A]
    assert (first.was, first.outcome, first.waits_for, list(first.columns)) == (None, "quarantined", None, [])
    assert list(first.faults) == [{"column": "oss_id", "rule": "TXT", "reason": "no text", "masked": "xx"}]
    assert (first.position, (first.committed_at or "")[:19]) == (Position(3, 7, 9), "2019-03-04T10:11:12")
    assert (second.was, second.outcome, second.waits_for_table) == ("quarantined", "waiting", "pelaku_usaha")
    assert second.waits_for == B
    assert list(second.findings) == [{"name": "nama", "reason": "why"}]
    assert (second.position, second.committed_at) == (None, None)


def test_what_is_in_force(world: World, moments: CheckMoments) -> None:
    with world.target.transaction() as work:
        work.guard.enter(exclusive=True)
        work.guard.put_in_force("m", "r", ["nib"])
        work.recomputing.put(("m", "r"), Step("nib", A, 3))
        work.lacking.tell([("tr_oss_header", "nib")])
    with moments.now() as moment:
        standing = moment.standing()
    assert (standing.versions, standing.is_recomputed, standing.writable) == (("m", "r"), False, {"nib"})
    assert standing.steps["nib"].after == A
    assert standing.lacking == {("tr_oss_header", "nib")}
    assert standing.unknown == frozenset()
    with world.target.transaction() as work:
        work.guard.enter(exclusive=True)
        work.guard.recomputed()
    with moments.now() as moment:
        assert moment.standing().is_recomputed
