"""Our own schemas in the target, ``mirror`` and ``selaras``: made and upgraded by Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from streams.adapters.databases.lock_numbers import UPGRADE
from streams.adapters.databases.watch_triggers import ddl, put_in_place

MIGRATIONS = Path(__file__).parent / "migrations"
# The mirror and undecodable events hold legacy rows as they are, identity numbers in the clear: the applier's alone.
READERS = (
    "grant usage on schema selaras to selaras_reader",
    "revoke usage on schema mirror from selaras_reader",
    "revoke all on selaras.undecodable from selaras_reader",
)
# The triggers on the new system's tables write as the owner of these.
WATCH = (
    "grant usage on schema selaras to rba_owner",
    "grant insert on selaras.foreign_write to rba_owner",
)


def upgrade_own_schema(engine: Engine) -> str:
    """Bring both schemas to the newest revision; returns it. Safe to call from several processes at once."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": UPGRADE})
        for schema in ("selaras", "mirror"):
            connection.execute(text(f"create schema if not exists {schema}"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        for statement in (*READERS, *WATCH):
            connection.execute(text(statement))
    return ScriptDirectory.from_config(config).get_current_head() or ""


def watch_own_schema(engine: Engine, schemas_dir: Path) -> None:
    """Have the triggers of the watch over foreign writes on every table of ``mirror``."""
    put_in_place(engine, ("mirror",), ddl(schemas_dir))
