"""Any one change of any owned column of any row, and any one row that goes, is found: that, and nothing else."""

import os
from random import Random

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.drift.difference import Kind
from tests.histories import deeds, live_through
from tests.integration.projection_check.conftest import Checked

pytestmark = pytest.mark.postgres

FULL = os.environ.get("SELARAS_TEST_FULL") == "1"
COLUMNS = """
select column_name, data_type from information_schema.columns where table_schema = 'rba' and table_name = '{table}'
"""
OTHERS = {
    "boolean": "not {c}",
    "date": "{c} + 1",
    "timestamp with time zone": "{c} + interval '1 microsecond'",
    "numeric": "{c} + 1",
    "integer": "{c} + 1",
    "smallint": "{c} + 1",
    "bytea": "{c} || 'x'",
    "uuid": "(select {c} from rba.{t} where {c} <> r.{c} limit 1)",
    "character": "(select {c} from rba.{t} where {c} <> r.{c} limit 1)",
    "character varying": "left({c}, -1)",
    "text": "{c} || ' '",
}
"""By type: another value, where there is one."""
thorough = settings(
    deadline=None,
    derandomize=not FULL,
    max_examples=300 if FULL else 25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def lived(checked: Checked, plan, present: int) -> list[tuple[str, str]]:
    """Let the history happen and be applied; table and id of every row that is there."""
    world = checked.world
    history = world.history()
    live_through(history, plan, present)
    world.empty()
    world.apply(history.chunks())
    if world.unknown_tables():
        return []
    found = []
    for table in world.projected:
        key = world.ground.plan.compiled(table).declaration.key_column
        found += [(table, str(row["k"])) for row in world.rows(f"select {key} as k from rba.{table} order by 1")]
    return found


@thorough
@given(plan=deeds, present=st.integers(0, 8), seed=st.integers(0, 2**32))
def test_a_change_of_a_column(checked: Checked, plan, present: int, seed: int) -> None:
    rows, random = lived(checked, plan, present), Random(seed)
    tries = 0
    while rows and tries < 8:
        table, identity = random.choice(rows)
        declared = checked.world.ground.plan.compiled(table).declaration
        column = random.choice([c.name for c in declared.columns if c.name != declared.key_column])
        tries += 1
        if _change(checked, table, identity, column):
            different, unknown, _ = checked.all(50)
            assert unknown == {}
            # What refers to nothing now is an orphan too.
            (one,) = [one for one in different if (one.kind, *one.columns) != (Kind.ORPHAN, column)]
            assert (one.table, one.kind, list(one.columns)) == (table, Kind.DIFFERENT, [column])
            assert str(checked.world.ground.plan.compiled(table).key_value(one.key)) == identity
            return


def _change(checked: Checked, table: str, identity: str, column: str) -> bool:
    """Give the column another value; False if there is none, or the database refuses it."""
    types = {row["column_name"]: row["data_type"] for row in checked.world.rows(COLUMNS.format(table=table))}
    key = checked.world.ground.plan.compiled(table).declaration.key_column
    other = OTHERS[types[column]].format(c=column, t=table)
    sql = f"update rba.{table} as r set {column} = {other} where {key} = '{identity}' and {column} <> {other}"
    try:
        return checked.past_constraints(sql) == 1
    except psycopg.errors.IntegrityError:
        return False


@thorough
@given(plan=deeds, present=st.integers(0, 8), seed=st.integers(0, 2**32))
def test_a_row_that_is_gone(checked: Checked, plan, present: int, seed: int) -> None:
    """Whoever refers to it is an orphan, and nothing else."""
    rows, random = lived(checked, plan, present), Random(seed)
    if rows:
        table, identity = random.choice(rows)
        key = checked.world.ground.plan.compiled(table).declaration.key_column
        assert checked.past_constraints(f"delete from rba.{table} where {key} = '{identity}'") == 1
        different, unknown, _ = checked.all(50)
        assert unknown == {}
        (gone,) = [one for one in different if one.kind is not Kind.ORPHAN]
        assert (gone.table, gone.kind) == (table, Kind.MISSING)
        assert str(checked.world.ground.plan.compiled(table).key_value(gone.key)) == identity
