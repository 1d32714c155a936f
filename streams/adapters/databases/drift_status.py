"""Reads what is known of drift, all of it as of one moment."""

from datetime import UTC

from sqlalchemy import Connection, Engine

from streams.adapters.databases.drift_ledger import PostgresLedger
from streams.adapters.databases.drift_progress import LISTS, PostgresScanProgress, read_totals
from streams.adapters.databases.drift_store import going_on
from streams.adapters.databases.quarantine import seconds
from streams.adapters.databases.target import translated
from streams.drift.difference import Check
from streams.drift.verdict import Reason
from streams.ports.drift_status import DriftReading, UnknownKeys

SAID = "select clock_timestamp(), state, extract(epoch from clock_timestamp() - seen_at) from selaras.drift_monitor"
OLDEST = "select extract(epoch from clock_timestamp() - at) from {table} order by id limit 1"
UNKNOWN = """
select check_name, table_name, reason, count(*), extract(epoch from clock_timestamp() - min(since))
from selaras.drift_unknown group by 1, 2, 3 order by check_name collate "C", table_name collate "C", reason collate "C"
"""


class PostgresDriftStatus:
    """Implements the port ``DriftStatus``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self, alive_s: float) -> DriftReading:
        """See the port."""
        with translated("target"), self._engine.connect() as plain:
            connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                at, said, seen_s = connection.exec_driver_sql(SAID).one()
                begin = going_on(connection)
                return DriftReading(
                    at.astimezone(UTC),
                    said,
                    seconds(seen_s),
                    PostgresScanProgress(begin).coverage(read_totals(connection), alive_s),
                    PostgresLedger(begin).groups(),
                    [
                        UnknownKeys(Check(check), table, Reason(reason), count, seconds(oldest) or 0.0)
                        for check, table, reason, count, oldest in connection.exec_driver_sql(UNKNOWN)
                    ],
                    {check: behind for check in LISTS if (behind := _behind(connection, check)) is not None},
                )


def _behind(connection: Connection, check: Check) -> float | None:
    return seconds(connection.exec_driver_sql(OLDEST.format(table=LISTS[check][0])).scalar())
