"""Control totals: what explains a difference, what does not, and that nothing is ever lost between the two."""

import shutil
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.adapters.files.total_files import read_totals
from streams.drift.total import Explained, Fact, Facts, Group, Known, Line, Values, differing, lines
from streams.errors import SelarasError

SCHEMAS = Path(__file__).parents[2] / "schemas"
PROJECTIONS = [path.stem for path in (SCHEMAS / "mapping").glob("*.yaml")]


def fact(key: str, group: str, value: int = 0, *, deleted: bool = False) -> Fact:
    return Fact(key, (group,), (Decimal(value),), deleted)


def sums(facts: Sequence[Fact]) -> dict[Group, Values]:
    found: dict[Group, Values] = {}
    for one in facts:
        if not one.deleted:
            before = found.get(one.group, (Decimal(0),) * len(one.added))
            found[one.group] = tuple(a + b for a, b in zip(before, one.added, strict=True))
    return found


def taken(legacy: Sequence[Fact], target: Sequence[Fact], known: Known | None = None) -> dict[str, Line]:
    """As the service takes a total: only the keys of groups that differ are looked at one by one."""
    left, right = sums(legacy), sums(target)
    groups = differing(left, right)
    keys = {one.key for one in (*legacy, *target) if one.group in groups}
    sides = []
    for side in (legacy, target):
        by_key = defaultdict(list)
        for one in side:
            if one.key in keys:
                by_key[one.key].append(one)
        sides.append(by_key)
    return {line.group[0]: line for line in lines(left, right, Facts(*sides), known or Known())}


def reasons(line: Line) -> set[Explained]:
    return set(line.explained)


def test_equal_sides_need_no_reason() -> None:
    same = [fact("1", "a", 5), fact("2", "b", 7)]
    assert all(line.agrees and not line.explained for line in taken(same, same).values())


def test_a_document_sent_twice_is_merged() -> None:
    found = taken([fact("1", "a", 5), fact("1", "b", 6)], [fact("1", "b", 6)])
    assert reasons(found["a"]) == {Explained.MERGED}
    assert all(line.agrees for line in found.values())


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (Known({"1": "quarantined"}), Explained.QUARANTINED),
        (Known({"1": "waiting"}), Explained.WAITING),
        (Known(declared={"1"}), Explained.DECLARED),
    ],
)
def test_a_key_without_row_is_explained_by_its_state(known: Known, reason: Explained) -> None:
    line = taken([fact("1", "a", 5)], [], known)["a"]
    assert reasons(line) == {reason}
    assert line.agrees


def test_a_row_with_the_mark_of_deletion_explains_a_legacy_row() -> None:
    line = taken([fact("1", "a", 5)], [fact("1", "a", 5, deleted=True)])["a"]
    assert reasons(line) == {Explained.DELETED}


def test_a_code_that_the_reference_list_replaces_moves_the_row_and_no_other_code_does() -> None:
    moved = Known(moved={0: {("old", "new")}})
    assert all(line.agrees for line in taken([fact("1", "old", 5)], [fact("1", "new", 5)], moved).values())
    found = taken([fact("1", "old", 5)], [fact("1", "other", 5)], moved)
    assert {name: line.rest for name, line in found.items()} == {"old": (1, 5), "other": (-1, -5)}


def test_a_refused_value_is_missing_and_not_another_one() -> None:
    faulty = Known(at_fault={"1"})
    assert reasons(taken([fact("1", "a", 5)], [fact("1", "a", 0)], faulty)["a"]) == {Explained.REFUSED}
    assert taken([fact("1", "a", 5)], [fact("1", "a", 6)], faulty)["a"].keys == ("1",)
    assert taken([fact("1", "a", 5)], [fact("1", "a", 0)])["a"].keys == ("1",)


@pytest.mark.parametrize("known", [Known(), Known({"1": "row"}), Known({"2": "quarantined"})])
def test_a_row_that_is_gone_or_too_much_is_a_rest(known: Known) -> None:
    assert taken([fact("1", "a", 5)], [], known)["a"].rest == (1, 5)
    assert taken([], [fact("1", "a", 5)], known)["a"].rest == (-1, -5)


def test_two_rests_that_cancel_each_other_out_do_not_agree() -> None:
    """The count of the group is right, the sum is not; and a key on either side has no twin."""
    line = taken([fact("1", "a", 5)], [fact("2", "a", 6)])["a"]
    assert not line.agrees
    assert line.keys == ("1", "2")


FACTS = st.lists(
    st.builds(
        Fact,
        st.sampled_from("123"),
        st.tuples(st.sampled_from("ab")),
        st.tuples(st.integers(0, 2).map(Decimal)),
        st.booleans(),
    ),
    max_size=6,
)
KNOWN = st.builds(
    Known,
    st.dictionaries(st.sampled_from("123"), st.sampled_from(["quarantined", "waiting", "row"])),
    st.sets(st.sampled_from("123")),
    st.sampled_from([{}, {0: {("a", "b")}}]),
    st.sets(st.sampled_from("123")),
)


@given(FACTS, FACTS, KNOWN)
def test_what_is_explained_and_the_rest_are_the_whole_difference(
    legacy: list[Fact], target: list[Fact], known: Known
) -> None:
    legacy = [Fact(one.key, one.group, one.values) for one in legacy]
    for line in taken(legacy, target, known).values():
        parts = [line.explained.get(reason, (Decimal(0),) * 2) for reason in Explained]
        whole = tuple(a - b for a, b in zip(line.legacy, line.target, strict=True))
        assert tuple(sum(part[place] for part in parts) for place in range(2)) == whole
        assert line.agrees or line.keys


def test_the_shipped_totals_are_sound_and_at_least_twelve() -> None:
    totals = read_totals(SCHEMAS / "totals", PROJECTIONS)
    assert len(totals) >= 12
    for total in totals:
        assert total.title_id
        assert total.title_en
        assert "deleted" in total.target


def test_every_fault_of_a_file_is_told_with_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "totals"
    folder.mkdir()
    shutil.copy(SCHEMAS / "totals.schema.json", tmp_path)
    text = (SCHEMAS / "totals" / "produk_satuan.yaml").read_text(encoding="utf-8")
    (folder / "lain.yaml").write_text(text.replace("[produk]", "[barang]") + "moved: {wilayah: select 1}\n")
    (folder / "rusak.yaml").write_text("name: rusak\ngroups: [A]\nwarna: biru\n")
    with pytest.raises(SelarasError) as raised:
        read_totals(folder, PROJECTIONS)
    told = raised.value.sentence
    assert "lain.yaml:5:15: projections.0: there is no mapping of barang" in told
    assert "lain.yaml:3:7: name: a control total has the name of its file" in told or "name: a control total" in told
    assert "moved.wilayah: this is none of the groups" in told
    assert "rusak.yaml:2:10: groups.0" in told
    assert "'warna' was unexpected" in told
    assert "'legacy' is a required property" in told
