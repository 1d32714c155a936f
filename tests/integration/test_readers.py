"""Who may read what of our own schemas: legacy rows are the applier's alone."""

import psycopg
import pytest

from streams.bootstrap.databases import target_engine, target_server
from streams.settings import Settings
from tests.engine import EngineWorld

pytestmark = pytest.mark.postgres
CLOSED = ("mirror.tr_oss_penanggung_jwb", "mirror.tb_user_oss", "selaras.undecodable")


@pytest.fixture
def made(worlds: Settings) -> Settings:
    """Databases with our own schemas."""
    EngineWorld(worlds).close()
    return worlds


@pytest.mark.parametrize("role", ["selaras_reader", "rba_app", "rba_capture"])
@pytest.mark.parametrize("table", CLOSED)
def test_others_are_refused_legacy_rows(made: Settings, role: str, table: str) -> None:
    reader = psycopg.connect(target_server(made, role).conninfo())
    with reader as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f"select * from {table}")


def test_the_reader_sees_states_and_the_new_tables(made: Settings) -> None:
    with psycopg.connect(target_server(made, "selaras_reader").conninfo()) as connection:
        for table in ("selaras.key_state", "selaras.position", "rba.orang"):
            connection.execute(f"select * from {table}")
    engine = target_engine(made)
    with engine.connect() as applier:
        applier.exec_driver_sql("select * from mirror.tb_user_oss")
    engine.dispose()
