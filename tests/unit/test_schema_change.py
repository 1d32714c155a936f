"""Changes of the legacy tables: what is told of each, what pauses, and what a watch does about it."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest
import structlog

from streams.errors import ErrorKind, SelarasError
from streams.ports.schema_watch import Extension
from streams.projection.outcome import OutcomeKind, Waits
from streams.projection.parse import parse_projection
from streams.projection.schema_change import ChangeKind, Followed, SchemaChange, compare, data_type, paused
from streams.services.schema_watch import ExtendMirror, SchemaReading, SchemaWatch, moved
from streams.worker.schema_watch import watch_schema

PROJECTIONS = (
    parse_projection(
        {
            "target": "nib",
            "key": {"column": "nib", "rule": "NIB13"},
            "sources": {
                "header": {
                    "table": "header",
                    "key": "nib",
                    "newest": ["waktu"],
                    "active": {"column": "aktif", "equals": "1"},
                }
            },
            "columns": {"nama": {"rule": "TXT", "from": "header.nama"}},
        },
        "",
    ),
    parse_projection(
        {
            "target": "orang",
            "key": {"column": "kunci", "rule": "COPY"},
            "sources": {"mikro": {"table": "mikro", "key": [{"rule": "COPY", "from": "ktp"}]}},
            "columns": {"nama": {"rule": "TXT", "from": "mikro.pemilik"}},
        },
        "",
    ),
)
HEADER = {
    "id": "bigint",
    "nib": "text",
    "nama": "character varying(9)",
    "waktu": "text",
    "aktif": "text",
    "lain": "text",
}
MICRO = {"ktp": "text", "pemilik": "text", "sektor": "text"}
KNOWN: Mapping[str, Mapping[str, str]] = {"header": HEADER, "mikro": MICRO}
FOLLOWED = Followed(KNOWN, KNOWN, keyless=frozenset({"mikro"}))


def without(table: Mapping[str, str], *columns: str) -> dict[str, str]:
    """The table's columns but these."""
    return {name: kind for name, kind in table.items() if name not in columns}


def changes(legacy: Mapping[str, Mapping[str, str]], followed: Followed = FOLLOWED) -> list[SchemaChange]:
    """What is told, in sentences that name the table."""
    found = compare(legacy, followed, PROJECTIONS)
    assert all(change.table in change.sentence for change in found)
    return found


def test_equal_sides_and_a_mirror_that_has_learnt_nothing_tell_nothing() -> None:
    assert changes(KNOWN) == []
    assert changes({"baru": {"a": "text"}}, Followed({})) == []


@pytest.mark.parametrize("column", ["nib", "nama", "waktu", "aktif"])
def test_a_dropped_column_names_who_reads_it(column: str) -> None:
    """Key, value, criterion or mark of activity."""
    (change,) = changes({**KNOWN, "header": without(HEADER, column)})
    assert (change.kind, change.column, change.projections) == (ChangeKind.DROPPED, column, ("nib",))
    assert change.needed
    assert "Keys of nib that change wait" in change.sentence


def test_a_dropped_column_that_nobody_reads_needs_nobody() -> None:
    (change,) = changes({**KNOWN, "header": without(HEADER, "lain")})
    assert (change.kind, change.needed, change.next_step, change.projections) == (ChangeKind.DROPPED, False, "", ())


def test_a_column_that_was_perhaps_renamed_is_told_as_one_change() -> None:
    """Of one type; another type makes two changes."""
    legacy = {**KNOWN, "header": {**without(HEADER, "nama"), "nama_baru": "character varying(9)"}}
    (change,) = changes(legacy)
    assert (change.kind, change.column) == (ChangeKind.RENAMED, "nama")
    assert "header.nama_baru" in change.sentence
    assert "extend" in change.next_step
    legacy = {**KNOWN, "header": {**without(HEADER, "nama"), "nama_baru": "date"}}
    assert [c.kind for c in changes(legacy)] == [ChangeKind.DROPPED, ChangeKind.ADDED]


def test_added_and_retyped_columns_and_tables() -> None:
    legacy = {"header": {**HEADER, "baru": "date", "nama": "text", "id": "text"}, "tabel_baru": {"a": "text"}}
    told = changes(legacy)
    assert [(c.kind, c.table, c.column) for c in told] == [
        (ChangeKind.NEW_TABLE, "tabel_baru", ""),
        (ChangeKind.ADDED, "header", "baru"),
        (ChangeKind.RETYPED, "header", "id"),
        (ChangeKind.RETYPED, "header", "nama"),
        (ChangeKind.DROPPED_TABLE, "mikro", ""),
    ]
    by_kind = {(c.kind, c.column): c for c in told}
    assert by_kind[ChangeKind.RETYPED, "nama"].projections == ("nib",)
    assert "values that are no bigint are kept aside" in by_kind[ChangeKind.RETYPED, "id"].sentence
    assert by_kind[ChangeKind.DROPPED_TABLE, ""].projections == ("orang",)


def test_a_column_that_is_back_is_told_until_its_table_was_read() -> None:
    for followed in (
        replace(FOLLOWED, unread=frozenset({("header", "nama")})),
        replace(FOLLOWED, gone=frozenset({("header", "nama")})),
    ):
        (change,) = changes(KNOWN, followed)
        assert (change.kind, change.next_step) == (ChangeKind.UNREAD, "selaras load reread header")
        assert change.projections == ("nib",)


def test_a_needed_column_stays_told_after_the_mirror_took_note() -> None:
    known = {**KNOWN, "header": without(HEADER, "nama")}
    (change,) = changes(known, Followed(known, KNOWN, frozenset({("header", "nama"), ("header", "lain2")})))
    assert (change.kind, change.column) == (ChangeKind.DROPPED, "nama")


def test_a_keyless_table_must_be_counted_whoever_reads_the_column() -> None:
    followed = replace(FOLLOWED, gone=frozenset({("mikro", "sektor")}), uncounted=frozenset({"mikro"}))
    (change,) = changes({**KNOWN, "mikro": without(MICRO, "sektor")}, followed)
    assert (change.needed, change.next_step) == (True, "selaras load reread mikro")
    assert "Keys of orang that change wait" in change.sentence
    assert paused(PROJECTIONS, followed.lacking).keys() == {"orang"}


def test_paused_keys_say_what_they_wait_for() -> None:
    (outcome,) = paused(PROJECTIONS, {("header", "nama"), ("header", "lain")}).values()
    assert outcome.kind is OutcomeKind.WAITING
    assert outcome.waits == Waits("", "header.nama")
    assert [(fault.rule, fault.reason) for fault in outcome.faults] == [
        ("SCHEMA", "the mirror lacks values of header.nama")
    ]


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("character varying(25)", "character varying"),
        ("numeric(15,2)", "numeric"),
        ("timestamp(3) without time zone", "timestamp without time zone"),
        ("date", "date"),
    ],
)
def test_the_type_without_its_length(written: str, kind: str) -> None:
    assert data_type(written) == kind


@dataclass
class Memory:
    """Both sides in memory."""

    legacy: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: KNOWN)
    followed: Followed = FOLLOWED
    keys: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)  # what the keys wait for
    learnt: list[Extension] = field(default_factory=list)

    def read(self) -> Followed:
        return self.followed

    def tell(self, gone: Collection[tuple[str, str]], back: Collection[tuple[str, str]]) -> None:
        known = self.followed
        self.followed = replace(known, gone=known.gone | set(gone) - set(back), unread=known.unread | set(back))
        self.followed = replace(self.followed, gone=self.followed.gone - set(back))

    def waiting(self, projection: str, lacking: Collection[str], after: str) -> Sequence[str]:
        if self.places.get(projection) in lacking:
            return []
        return [key for key in self.keys.get(projection, []) if key > after][:2]

    def extend(self, extension: Extension) -> None:
        self.learnt.append(extension)


@dataclass
class Legacy:
    """The legacy catalogue of a memory."""

    memory: Memory

    def read(self) -> Mapping[str, Mapping[str, str]]:
        return self.memory.legacy


def test_a_watch_tells_each_change_once_and_computes_keys_that_waited() -> None:
    memory = Memory(keys={"nib": ["1", "2", "3"], "orang": ["4"]})
    computed: list[tuple[str, tuple[str, ...]]] = []
    watch = SchemaWatch(Legacy(memory), memory, PROJECTIONS, lambda name, keys: computed.append((name, tuple(keys))))
    memory.legacy = {**KNOWN, "header": without(HEADER, "nama")}
    looked = watch.look()
    assert [change.kind for change in looked.appeared] == [ChangeKind.DROPPED]
    assert memory.followed.gone == {("header", "nama")}
    assert computed == [("orang", ("4",))]
    memory.keys["orang"] = []
    assert watch.look().appeared == []
    memory.legacy = KNOWN
    looked = watch.look()
    assert [change.kind for change in looked.appeared] == [ChangeKind.UNREAD]
    assert [change.kind for change in looked.over] == [ChangeKind.DROPPED]
    assert computed == [("orang", ("4",))]
    memory.followed = FOLLOWED
    looked = watch.look()
    assert (looked.freed, looked.appeared) == (3, [])
    assert computed[1:] == [("nib", ("1", "2")), ("nib", ("3",))]


def test_a_key_that_waits_for_another_projections_column_is_left_alone_until_that_is_known() -> None:
    """Its row had to stay, since rows of a paused projection refer to it."""
    memory = Memory(keys={"orang": ["4"]}, places={"orang": "header.nama"})
    memory.followed = replace(FOLLOWED, unread=frozenset({("header", "nama")}))
    watch = SchemaWatch(Legacy(memory), memory, PROJECTIONS, lambda *_: None)
    assert watch.look().freed == 0
    memory.followed = FOLLOWED
    assert watch.look().freed == 1


def test_events_may_be_ahead_of_the_catalogue_and_behind_it() -> None:
    """A column told as gone that the catalogue has is back; one that it lacks is gone."""
    followed = replace(FOLLOWED, gone=frozenset({("header", "nama"), ("header", "aktif")}))
    gone, back = moved({**KNOWN, "header": without(HEADER, "aktif", "lain")}, followed)
    assert (gone, back) == ({("header", "lain")}, {("header", "nama")})


def test_an_extension_takes_over_what_harms_nobody() -> None:
    """A dropped column that somebody reads stays told; nothing is done when there is nothing to do."""
    memory = Memory({"header": {**without(HEADER, "nama", "lain"), "baru": "date", "nib": "bigint"}, "mikro": MICRO})
    extend = ExtendMirror(Legacy(memory), memory, PROJECTIONS)
    plan = extend.plan()
    assert plan == Extension((("header", "baru", "date"),), (("header", "nib", "bigint"),), (("header", "lain"),))
    extend.run(plan)
    extend.run(Extension())
    assert memory.learnt == [plan]
    assert [c.kind for c in SchemaReading(Legacy(memory), memory, PROJECTIONS).changes()] == [
        ChangeKind.DROPPED,
        ChangeKind.DROPPED,
        ChangeKind.ADDED,
        ChangeKind.RETYPED,
    ]


def test_a_worker_logs_a_change_once_and_goes_on_when_a_side_is_away() -> None:
    memory = Memory({**KNOWN, "header": {**HEADER, "baru": "date"}})
    watch = SchemaWatch(Legacy(memory), memory, PROJECTIONS, lambda *_: None)
    looks = 0

    class Ends(Exception):
        """The test has seen enough."""

    def look() -> object:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise SelarasError(ErrorKind.UNAVAILABLE, "It does not answer.")
        if looks == 4:
            raise Ends
        return watch.look()

    with structlog.testing.capture_logs() as logs, pytest.raises(Ends):
        asyncio.run(watch_schema(type("Watch", (), {"look": staticmethod(look)})(), 0.001))
    assert [line["event"] for line in logs] == ["legacy_schema_changed", "schema_unknown"]
    assert logs[0]["next"] == "selaras capture extend"
