"""The mapping language at work, on the twin of the target: keys, groups, references, claims, findings."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.adapters.memory.replication import MemoryTarget
from streams.projection.keys import join, split
from streams.services.recompute import Recompute
from tests.unit.language_world import ACCESS, GROUP, MAPPING, PRODUCT, PROJECT, A, B, LanguageWorld

KEY = {"sources": {"proyek": {"table": "proyek", "key": ["kode"]}}}
BY_KEY = {"sources": {"produk": {"table": "produk", "key": ["kode"]}}}
TWO = {"sources": {"akun": {"table": "akun", "key": ["daftar", "id"]}}}
BY_PARTS: tuple[dict[str, Any], ...] = (
    {**PROJECT, **KEY},
    {**GROUP, "lookups": {"ada": {"projection": "t_proyek", "key": {"rule": "COPY", "from": "proyek.kode"}}}},
    {**PRODUCT, **BY_KEY},
    {
        **ACCESS,
        **TWO,
        "claims": [],
        "lookups": {
            "satu": {"projection": "t_proyek", "key": {"rule": "COPY", "from": "key.1"}},
            "gabung": {"projection": "t_proyek", "key": {"rule": "GABUNG", "from": "akun.daftar"}},
        },
        "columns": {**ACCESS["columns"], "nib": {"lookup": "satu.kode"}, "surel": {"lookup": "gabung.nib"}},
    },
)


@pytest.fixture
def world() -> LanguageWorld:
    """Nothing applied yet."""
    return LanguageWorld()


class TestKeys:
    """Keys of several parts."""

    @given(st.lists(st.text("ab|\\?", max_size=5), min_size=2, max_size=4))
    def test_parts_come_back_out_of_a_key(self, parts: list[str]) -> None:
        assert split(join(parts)) == parts

    @given(*[st.lists(st.text("a|\\", max_size=3), min_size=2, max_size=3)] * 2)
    def test_different_parts_give_different_keys(self, one: list[str], other: list[str]) -> None:
        assert (join(one) == join(other)) is (one == other)

    @given(st.text("ab|\\?:", min_size=1, max_size=6))
    def test_what_looks_a_key_up_has_its_text(self, text: str) -> None:
        """By a column, by a part of its own key, by a rule that joins; of one part and of several."""
        world = LanguageWorld(*BY_PARTS)
        world.history.insert("proyek", id=1, kode=text, nib=A, kbli="|")
        world.history.insert("produk", id=1, kode=text, potongan=text[:3], kbli="|")
        world.history.insert("akun", id=1, daftar=text, surel="x", utama="F")
        world.apply()
        assert {row["kode"] for row in world.rows("t_proyek").values()} == {text}
        assert [row["proyek"] for row in world.rows("t_produk").values()] == [text]
        assert [(row["nib"], row["surel"]) for row in world.rows("t_akses").values()] == [(text, A)]
        assert all(world.outcomes(name) == {} for name in world.plan.ranks)

    def test_a_text_like_the_name_of_a_row_without_key_is_seen(self) -> None:
        world = LanguageWorld(*BY_PARTS)
        row = world.history.insert("proyek", id=1, kode="?proyek:2", nib=A)
        world.apply()
        assert (world.rows("t_proyek"), world.outcomes("t_proyek")) == ({}, {"?proyek:1": "quarantined"})
        world.history.insert("proyek", id=2, kode="?x", nib=A)
        world.history.update("proyek", row, kode="?lain:2")
        world.apply()
        assert (len(world.rows("t_proyek")), world.outcomes("t_proyek")) == (2, {})


class TestDerivedKeys:
    """Rows whose keys are no plain column."""

    def test_a_list_becomes_a_row_for_each_item(self, world: LanguageWorld) -> None:
        account = world.history.insert("akun", id=1, daftar=f"{A}, {B}", surel="x", utama="F")
        world.apply()
        assert {key: row["nib"] for key, row in world.rows("t_akses").items()} == {f"{A}|1": A, f"{B}|1": B}
        world.history.update("akun", account, daftar=B)
        world.apply()
        assert set(world.rows("t_akses")) == {f"{B}|1"}
        world.history.update("akun", account, daftar="")
        world.apply()
        assert world.rows("t_akses") == {}

    def test_one_bad_item_takes_only_its_own_row(self, world: LanguageWorld) -> None:
        world.history.insert("akun", id=1, daftar=f"{A},123", surel="x", utama="T")
        world.apply()
        assert set(world.rows("t_akses")) == {f"{A}|1"}
        assert world.outcomes("t_akses") == {"123|1": "quarantined"}

    def test_a_row_whose_key_is_refused_is_seen_until_it_is_mended(self) -> None:
        world = LanguageWorld(
            {**PROJECT, "sources": {"proyek": {"table": "proyek", "key": [{"rule": "NIB13", "from": "nib"}]}}}
        )
        row = world.history.insert("proyek", id=7, kode="K1", nib="12")
        world.apply()
        assert world.rows("t_proyek") == {}
        (state,) = world.target.state.states.values()
        assert world.outcomes("t_proyek") == {"?proyek:7": "quarantined"}
        assert [(fault.column, fault.rule, fault.masked) for fault in state.faults] == [("kode", "NIB13", "##")]
        world.history.update("proyek", row, nib=A)
        world.apply()
        assert (set(world.rows("t_proyek")), world.outcomes("t_proyek")) == ({A}, {})
        world.history.update("proyek", row, nib="13")
        world.apply()
        assert (set(world.rows("t_proyek")), world.outcomes("t_proyek")) == (set(), {"?proyek:7": "quarantined"})
        world.history.delete("proyek", row)
        world.apply()
        assert world.outcomes("t_proyek") == {}


class TestGroups:
    """Projections without table, and who looks them up by rule."""

    def test_a_product_finds_its_project_by_what_is_left_of_the_id(self, world: LanguageWorld) -> None:
        world.history.insert("produk", id=1, kode="P1", potongan="abc", kbli="1")
        world.apply()
        assert world.outcomes("t_produk") == {"P1": "waiting"}
        project = world.history.insert("proyek", id=1, kode="abc-1", nib=A, kbli="1")
        world.apply()
        assert world.rows("t_produk") == {"P1": {"kode": "P1", "proyek": "abc-1", "induk": A}}
        world.history.update("proyek", project, nib=B)
        world.apply()
        assert world.rows("t_produk")["P1"]["induk"] == B

    def test_a_second_candidate_makes_it_ambiguous_until_it_goes(self, world: LanguageWorld) -> None:
        world.history.insert("produk", id=1, kode="P1", potongan="abc", kbli="1")
        world.history.insert("proyek", id=1, kode="abc-1", nib=A, kbli="1")
        world.apply()
        rival = world.history.insert("proyek", id=2, kode="abc-2", nib=A, kbli="1")
        world.apply()
        assert world.outcomes("t_produk") == {"P1": "quarantined"}
        assert world.rows("t_produk") == {}
        world.history.update("proyek", rival, kbli="2")
        world.apply()
        assert world.rows("t_produk")["P1"]["proyek"] == "abc-1"
        assert world.outcomes("t_produk") == {}

    def test_what_is_worth_a_look_is_kept_and_forgotten(self, world: LanguageWorld) -> None:
        world.history.insert("proyek", id=1, kode="abc-1", nib=A, kbli="1")
        twin = world.history.insert("proyek", id=2, kode="abc-1", nib=A, kbli="1")
        world.apply()
        state = world.target.state.states[("awalan", "abc|1")]
        assert (state.kind.value, [finding.name for finding in state.findings]) == ("row", ["beberapa"])
        world.history.delete("proyek", twin)
        world.apply()
        assert world.outcomes("awalan") == {}

    def test_a_reference_that_may_be_missing_waits_only_when_it_is_there(self) -> None:
        product = {**PRODUCT, "lookups": {"awalan": {**PRODUCT["lookups"]["awalan"], "optional": True}}}
        product["columns"] = {"proyek": {"rule": "TXT", "from": "produk.kode"}, "induk": {"lookup": "awalan.induk"}}
        world = LanguageWorld(PROJECT, GROUP, product)
        world.history.insert("produk", id=1, kode="P1")
        world.history.insert("produk", id=2, kode="P2", potongan="abc", kbli="1")
        world.apply()
        assert world.rows("t_produk") == {"P1": {"kode": "P1", "proyek": "P1", "induk": None}}
        assert world.outcomes("t_produk") == {"P2": "waiting"}


class TestClaimsWithConditions:
    """A value that one row alone may hold, of those that fulfil a condition."""

    def test_the_first_holds_it_and_the_next_follows(self, world: LanguageWorld) -> None:
        first = world.history.insert("akun", id=1, daftar=A, surel="x", utama="T")
        world.history.insert("akun", id=2, daftar=A, surel="x", utama="T")
        world.history.insert("akun", id=3, daftar=A, surel="x", utama="F")
        world.apply()
        assert set(world.rows("t_akses")) == {f"{A}|1", f"{A}|3"}
        assert world.outcomes("t_akses") == {f"{A}|2": "quarantined"}
        world.history.update("akun", first, utama="F")
        world.apply()
        assert {key: row["utama"] for key, row in world.rows("t_akses").items()} == {
            f"{A}|1": False,
            f"{A}|2": True,
            f"{A}|3": False,
        }


class TestAnotherMapping:
    """Keys are derived anew when their rule changes."""

    def test_another_rule_of_a_key_leaves_nothing_behind(self, world: LanguageWorld) -> None:
        world.history.insert("akun", id=1, daftar=f"{A},{B}", surel="x", utama="F")
        world.apply()
        access = {**ACCESS, "sources": {"akun": {"table": "akun", "key": ["daftar", "id"]}}}
        access["columns"] = {**ACCESS["columns"], "nib": {"rule": "TXT", "from": "key.1"}}
        world.remap(PROJECT, GROUP, PRODUCT, access)
        computed = Recompute(world.target, world.plan).run(lambda _name, _done: None)
        assert set(world.rows("t_akses")) == {f"{A},{B}|1"}
        assert computed.keys["t_akses"] == {"row": 1}
        assert Recompute(world.target, world.plan).differences(lambda _name, _done: None).changes == 0

    def test_a_group_may_gain_a_column(self, world: LanguageWorld) -> None:
        row = world.history.insert("produk", id=1, kode="P1", potongan="abc", kbli="1")
        world.history.insert("proyek", id=1, kode="abc-1", nib=A, kbli="1")
        world.apply()
        group = {**GROUP, "columns": {**GROUP["columns"], "baru": {"rule": "COPY", "from": "proyek.nib"}}}
        product = {**PRODUCT, "columns": {**PRODUCT["columns"], "induk": {"rule": "TXT", "from": "awalan.baru"}}}
        world.remap(PROJECT, group, product, ACCESS)
        recompute = Recompute(world.target, world.plan)
        recompute.begin()
        world.history.update("produk", row, kbli="1")
        world.apply()
        recompute.run(lambda _name, _done: None)
        assert world.rows("t_produk")["P1"]["induk"] == A

    def test_a_projection_may_leave_while_its_keys_wait(self) -> None:
        product = {**PRODUCT, "lookups": {"p": {"projection": "t_proyek", "key": "produk.potongan"}}}
        product["columns"] = {"proyek": {"lookup": "p.kode"}, "induk": {"lookup": "p.nib"}}
        world = LanguageWorld(PROJECT, GROUP, product)
        world.history.insert("produk", id=1, kode="P1", potongan="abc-1", kbli="1")
        world.apply()
        assert world.outcomes("t_produk") == {"P1": "waiting"}
        world.remap(PROJECT, GROUP)
        Recompute(world.target, world.plan).run(lambda _name, _done: None)
        world.history.insert("proyek", id=1, kode="abc-1", nib=A, kbli="1")
        world.apply()
        assert set(world.rows("t_proyek")) == {"abc-1"}

    def test_keys_that_are_not_those_of_the_rows_are_a_difference(self, world: LanguageWorld) -> None:
        world.history.insert("akun", id=1, daftar=A, surel="x", utama="F")
        world.apply()
        with world.target.transaction() as work:
            work.row_keys.put("t_akses.akun", {"1": (f"{B}|1",)})
        assert Recompute(world.target, world.plan).differences(lambda _name, _done: None).changes > 0


CODES = st.sampled_from(["abc-1", "abc-2", "abd-1"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("proyek"), st.integers(1, 3), CODES, st.sampled_from([A, "12"]), st.sampled_from("12")),
        st.tuples(st.just("produk"), st.integers(1, 3), st.just("P1"), st.sampled_from(["abc", "abd"]), st.just("1")),
        st.tuples(
            st.just("akun"), st.integers(1, 3), st.sampled_from([A, B, f"{A},{B}"]), st.just("x"), st.sampled_from("TF")
        ),
        st.tuples(st.just("apply")),
        st.tuples(st.just("delete"), st.sampled_from(["proyek", "produk", "akun"]), st.integers(1, 3)),
    ),
    max_size=14,
)


@given(STEPS)
def test_any_portions_end_as_all_at_once(steps: list[tuple[object, ...]]) -> None:
    world = LanguageWorld(*MAPPING)
    for step in steps:
        _do(world, step)
    world.apply()
    once = LanguageWorld(*MAPPING)
    once.replay(world.history.chunks())
    for name in ("t_proyek", "awalan", "t_produk", "t_akses"):
        assert world.rows(name) == once.rows(name)
        assert world.outcomes(name) == once.outcomes(name)
    assert _differences(world.target, world) == 0


def _do(world: LanguageWorld, step: tuple[object, ...]) -> None:
    kind = str(step[0])
    if kind == "apply":
        world.apply()
        return
    table, number = (kind, step[1]) if kind != "delete" else (str(step[1]), step[2])
    known = next((row for row in world.history.rows.get(table, []) if row["id"] == number), None)
    if kind == "delete":
        if known is not None:
            world.history.delete(table, known)
        return
    names = world.history.tables[table].columns
    values = dict(zip(names, step[1:], strict=True))
    if known is None:
        world.history.insert(table, **values)
    else:
        world.history.update(table, known, **values)


def _differences(target: MemoryTarget, world: LanguageWorld) -> int:
    return Recompute(target, world.plan).differences(lambda _name, _done: None).changes
