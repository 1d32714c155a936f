"""The pure parts of applying: which keys and locks, what counts once, which change of a row is the newest."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.changes.change import Change, Operation
from streams.changes.position import Position
from streams.errors import ErrorKind, SelarasError
from streams.ports.replication import InForce, Watermark
from streams.projection.catalog import Catalog, ColumnType, Table
from streams.projection.converters import Reference
from streams.projection.outcome import Fault, Outcome, OutcomeKind
from streams.projection.parse import parse_projection
from streams.services.plan import BUCKETS, make_plan, returning_columns
from streams.services.replicate import check_in_force, coalesce, first_deliveries
from streams.services.settle import Again, NeedLocks, TargetRefused

TEXT = ColumnType("text")
PARENT = parse_projection(
    {
        "target": "induk",
        "key": {"column": "id", "rule": "COPY"},
        "sources": {"a": {"table": "lama", "key": "nib"}, "b": {"table": "kecil", "key": "nib"}},
        "columns": {"nama": {"rule": "TXT", "from": "a.nama"}},
    },
    "",
)
CHILD = parse_projection(
    {
        "target": "anak",
        "key": {"column": "id", "rule": "COPY"},
        "sources": {"c": {"table": "proyek", "key": "kode"}},
        "lookups": {"induk": {"projection": "induk", "key": "c.nib"}},
        "columns": {"induk": {"lookup": "induk.id"}},
    },
    "",
)
SAME_KEY = parse_projection(
    {
        "target": "kembar",
        "key": {"column": "id", "rule": "COPY"},
        "sources": {"a": {"table": "lama", "key": "nib"}},
        "lookups": {"induk": {"projection": "induk", "key": "key"}},
        "columns": {"induk": {"lookup": "induk.id"}},
    },
    "",
)
ALL = (SAME_KEY, CHILD, PARENT)
TARGET = Catalog(
    {n: Table(n, dict.fromkeys(("id", "nama", "induk"), TEXT), ("id",)) for n in ("induk", "anak", "kembar")}
)
PLAN = make_plan(ALL, TARGET, Reference(), ("m", "r"))


def test_looked_up_projections_rank_first() -> None:
    assert PLAN.ranks == {"induk": 0, "anak": 1, "kembar": 2}
    assert PLAN.compiled("anak").declaration is CHILD


def test_the_mirror_reports_keys_and_references() -> None:
    assert returning_columns(ALL) == {"lama": ("nib",), "kecil": ("nib",), "proyek": ("kode", "nib")}


def test_touched_values_become_keys_and_references() -> None:
    touched = {
        ("lama", "nib"): {"1", "2"},
        ("kecil", "nib"): {"3"},
        ("proyek", "kode"): {"P"},
        ("proyek", "nib"): {"9"},
    }
    assert PLAN.keys_touched(touched) == {"induk": {"1", "2", "3"}, "anak": {"P"}, "kembar": {"1", "2"}}
    assert PLAN.looked_up(touched) == {"induk": {"9", "1", "2"}, "anak": set(), "kembar": set()}
    assert PLAN.keys_touched({}) == {"induk": set(), "anak": set(), "kembar": set()}


@given(keys=st.sets(st.text(max_size=8), max_size=20))
def test_locks_rise_with_the_rank_and_claims_come_after_keys(keys: set[str]) -> None:
    for name, rank in PLAN.ranks.items():
        own, claims = PLAN.key_buckets(name, keys), PLAN.claim_buckets(name, "kode", keys)
        assert {lock for lock, _ in own} <= {2 * rank}
        assert {lock for lock, _ in claims} <= {2 * rank + 1}
        assert all(0 <= bucket < BUCKETS for _, bucket in own | claims)
        assert own == PLAN.key_buckets(name, sorted(keys))


def change(commit: int, record: int, order: int = 1, operation: str = "c", **fields: object) -> Change:
    """A change of a row at this place."""
    values: dict[str, object] = {"identity": (), "transaction": commit, "rank": int(operation != "d"), **fields}
    position = Position(1, commit, record, int(str(values.pop("rank"))))
    identity, transaction = values.pop("identity"), values.pop("transaction")
    return Change("t", Operation(operation), identity, position, b"{}", b"{}", transaction, 0, order=order, **values)


AT_START = Watermark(0, 0, 0, 0)


def test_everything_counts_once_the_first_time() -> None:
    log = [change(0, 5), change(10, 12), change(10, 14, 2), change(20, 21)]
    assert first_deliveries(log, AT_START) == log


def test_what_lies_at_or_below_the_watermark_came_before() -> None:
    log = [change(10, 12), change(10, 14, 2), change(20, 21)]
    assert first_deliveries(log, Watermark(10, 12, 1, 0)) == log[1:]
    assert first_deliveries([*log, *log[1:], change(30, 31)], AT_START) == [*log, change(30, 31)]


def test_rows_on_one_log_record_are_told_apart_by_their_order() -> None:
    copied = [change(10, 12, 1), change(10, 12, 2), change(10, 12, 3)]
    moved = [change(10, 20, 4, "d"), change(10, 20, 5, "c")]
    assert first_deliveries([*copied, *moved], AT_START) == [*copied, *moved]
    assert first_deliveries([*copied, *moved], Watermark(10, 12, 2, 0)) == [copied[2], *moved]
    assert first_deliveries(moved, Watermark(10, 20, 4, 0)) == moved[1:]


def test_snapshot_rows_count_and_rows_read_again_do_not() -> None:
    snapshot = [change(0, 0, 0, "r", snapshot=True), change(0, 0, 0, "r", snapshot=True)]
    reread = change(10, 0, 0, "r")
    assert first_deliveries([*snapshot, reread, change(10, 12)], AT_START) == [*snapshot, change(10, 12)]


@settings(max_examples=50)
@given(
    places=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5), st.integers(1, 3)), unique=True),
    data=st.data(),
)
def test_any_repetition_counts_each_change_once(places: list[tuple[int, int, int]], data: st.DataObject) -> None:
    log = [change(*place) for place in sorted(places)]
    sent, at = [], 0
    for _ in range(3):
        until = data.draw(st.integers(at, len(log)))
        sent += log[at:until]
        at = data.draw(st.integers(0, until))
    sent += log[at:]
    cut = data.draw(st.integers(0, len(sent)))
    first = first_deliveries(sent[:cut], AT_START)
    newest = max(((c.position.commit, c.position.record, c.order) for c in sent[:cut]), default=(0, 0, 0))
    assert [*first, *first_deliveries(sent[cut:], Watermark(*newest, 0))] == log


def test_the_newest_change_of_a_row_speaks_in_any_order() -> None:
    snapshot = change(0, 0, 0, "r", transaction=500, identity=(1,), snapshot=True)
    second = change(0, 0, 0, "r", transaction=600, identity=(1,), snapshot=True)
    left, entered = change(10, 12, 1, "d", identity=(1,)), change(10, 12, 2, "c", identity=(1,))
    other = change(5, 6, identity=(2,))
    for rows in permutations([snapshot, second, left, entered, other]):
        newest: dict[tuple[object, ...], Change] = {}
        for row in rows:
            coalesce(newest, row)
        assert newest == {(1,): entered, (2,): other}
    newest = {}
    for row in (second, snapshot):
        coalesce(newest, row)
    assert newest == {(1,): second}


def test_another_version_in_force_is_refused() -> None:
    check_in_force(InForce("m", "r", frozenset(), {}, {}), PLAN)
    for mapping, reference in (("x", "r"), ("m", "x"), ("", "")):
        with pytest.raises(SelarasError) as refused:
            check_in_force(InForce(mapping, reference, frozenset(), {}, {}), PLAN)
        assert refused.value.kind is ErrorKind.STALE


def test_a_batch_learns_locks_and_refused_rows() -> None:
    again = Again()
    again.learn(NeedLocks(frozenset({(0, 1)})))
    again.learn(NeedLocks(frozenset({(0, 2)})))
    again.learn(TargetRefused({("induk", "1"): ({"id": "1", "nama": "A"}, "refused")}))
    assert again.locks == {(0, 1), (0, 2)}
    same = Outcome(OutcomeKind.ROW, {"id": "1", "nama": "A"})
    assert again.judged("induk", "1", same) == Outcome(
        OutcomeKind.QUARANTINED, faults=(Fault("", "TARGET", "refused"),)
    )
    other = Outcome(OutcomeKind.ROW, {"id": "1", "nama": "B"})
    assert again.judged("induk", "1", other) is other
    assert again.judged("anak", "1", same) is same
