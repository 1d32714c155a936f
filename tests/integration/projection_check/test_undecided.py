"""What can't be judged is said to be so, with the reason; and what the target itself refused is no difference."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine

from streams.adapters.databases.projection_check import PostgresCheckMoments
from streams.drift.difference import Kind
from streams.drift.verdict import Reason
from streams.errors import ErrorKind, SelarasError
from streams.ports.recomputing import Step
from streams.services.projection_check import ProjectionCheck
from tests.history import History
from tests.integration.explain.company import PROJECT, A, B, filled
from tests.integration.projection_check.conftest import Checked

pytestmark = pytest.mark.postgres


@pytest.fixture
def company(checked: Checked) -> Iterator[Checked]:
    """A company with a row everywhere, nothing differs; what tests change of the versions is put right again."""
    checked.world.empty()
    filled(checked.world)
    yield checked
    mapping = checked.world.ground.plan.mapping
    checked.do(
        f"update selaras.version set recomputed = true, mapping = '{mapping}'",
        "update selaras.authority set side = 'legacy'",
        "delete from selaras.recompute",
    )
    checked.world.empty()


def reasons(checked: Checked, table: str) -> set[Reason | None]:
    """The reasons of all keys of a table; None for keys with a verdict."""
    verdicts, _ = checked.check.page(table, "", 100)
    decided = {None} if verdicts.same or verdicts.different else set()
    return decided | set(verdicts.unknown.values())


def test_another_version_in_force_decides_nothing(company: Checked) -> None:
    company.do("update selaras.version set mapping = 'another'", "update rba.pelaku_usaha set nama = 'x'")
    assert reasons(company, "pelaku_usaha") == {Reason.RECOMPUTE_PENDING}
    assert company.check.extra("orang", "", 10)[1] is None


def test_what_differs_before_its_recompute_is_undecided(company: Checked) -> None:
    """Keys up to the step's last one are done; a key that is the same is so whenever it was computed."""
    company.do("update selaras.version set recomputed = false", "update rba.pelaku_usaha set nama = 'x'")
    first = company.check.keys("pelaku_usaha", [A, B])
    assert first.unknown == dict.fromkeys((A, B), Reason.RECOMPUTE_PENDING)
    assert company.check.keys("proyek", [PROJECT]).same == (PROJECT,)
    with company.world.ground.target.transaction() as work:
        plan = company.world.ground.plan
        work.recomputing.put((plan.mapping, plan.reference), Step("pelaku_usaha", A, 1))
    second = company.check.keys("pelaku_usaha", [A, B])
    assert [one.key for one in second.different] == [A]
    assert second.unknown == {B: Reason.RECOMPUTE_PENDING}


def test_keys_of_rules_not_derived_anew_are_undecided(company: Checked) -> None:
    company.do("update selaras.version set recomputed = false")
    assert reasons(company, "orang") == {Reason.RECOMPUTE_PENDING}


def test_the_new_side_leads(company: Checked) -> None:
    company.do("update selaras.authority set side = 'new' where projection = 'nib'", "update rba.nib set oss_id = 'x'")
    assert reasons(company, "nib") == {Reason.WITHHELD}
    assert reasons(company, "pelaku_usaha") == {None}


def test_an_event_that_could_not_be_decoded(company: Checked) -> None:
    company.do("update selaras.mirror_table set unknown_since = now() where table_name = 'tr_oss_proyek'")
    assert reasons(company, "proyek") == {Reason.UNDECODABLE}
    assert reasons(company, "produk") == {None}


def test_a_column_that_the_mirror_lacks(company: Checked) -> None:
    lack = (
        "insert into selaras.lacking_column (table_name, column_name, is_gone) values ('tr_oss_proyek', 'kbli', true)"
    )
    company.do(lack)
    assert reasons(company, "proyek") == {Reason.PAUSED}
    assert reasons(company, "proyek_lokasi") == {None}


def test_a_database_that_is_away(company: Checked) -> None:
    """Sessions that nobody answers."""
    away = create_engine("postgresql+psycopg://127.0.0.1:1/x", connect_args={"connect_timeout": 2})
    plan = company.world.ground.plan
    statements: Any = None
    check = ProjectionCheck(plan, PostgresCheckMoments(away, statements, statements, statements))
    assert check.keys("nib", [A]).unknown == {A: Reason.SIDE_DOWN}
    with pytest.raises(SelarasError) as raised:
        check.page("nib", "", 10)
    assert raised.value.kind is ErrorKind.UNAVAILABLE


def test_a_table_without_mapping_is_said(company: Checked) -> None:
    with pytest.raises(SelarasError, match="no mapping"):
        company.check.keys("nichts", [A])


def test_a_row_that_the_target_refuses_is_known(company: Checked) -> None:
    company.world.empty()
    company.past_constraints("alter table rba.proyek add constraint tanpa_vila check (uraian_usaha <> 'Vila')")
    filled(company.world)
    company.past_constraints("alter table rba.proyek drop constraint tanpa_vila")
    verdicts = company.check.keys("proyek", [PROJECT])
    assert (verdicts.same, verdicts.unknown) == ((PROJECT,), {})
    different, _, _ = company.all()
    assert different == []
    company.do("update selaras.key_state set outcome = 'row' where projection = 'proyek'")
    (one,) = company.check.keys("proyek", [PROJECT]).different
    assert (one.kind, one.columns) == (Kind.STATE, {"outcome": ("quarantined", "row")})


def test_a_row_that_must_go_and_that_others_refer_to_is_left_over(company: Checked) -> None:
    """A table of nobody's mapping keeps the row: the key's state says so, and is as it must be."""
    company.world.empty()
    history = filled(company.world)
    refers = "create table rba.lain as select nib from rba.nib"
    company.past_constraints(refers, "alter table rba.lain add foreign key (nib) references rba.nib")
    try:
        for row in history.rows["tr_oss_header"]:
            history.update("tr_oss_header", row, status_nib="ZZ", tgl_terbit_nib="31/02/2020")
        for row in history.rows["oss_iumk"]:
            history.update("oss_iumk", row, status_nib="?", day_of_tanggal_terbit=None)
        history.commits()
        newer(company, history)
        different, unknown, _ = company.all()
    finally:
        company.past_constraints("drop table rba.lain")
    assert unknown == {}
    assert [(one.table, one.key, one.kind, one.state) for one in different] == [
        ("nib", A, Kind.LEFT_OVER, "quarantined")
    ]


def newer(company: Checked, history: History) -> None:
    """Apply what is not applied yet."""
    service = company.world.service()
    chunks = history.chunks()
    stored = service.positions({(chunk.topic, chunk.partition): 0 for chunk in chunks})
    rest = [chunk.since(stored[chunk.topic, chunk.partition]) for chunk in chunks]
    service.apply([chunk for chunk in rest if chunk.records])
