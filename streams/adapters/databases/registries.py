"""What the target remembers of captures, loads and workers."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Engine, text

from streams.adapters.databases.mirror import encoded
from streams.adapters.databases.target import translated
from streams.ports.capture import CaptureIdentity
from streams.ports.registry import Load, RegisteredCapture, WorkerFacts

CURRENT = text("""
select generation, identity, settled from selaras.capture where retired_at is null order by generation desc limit 1
""")
REGISTER = """
insert into selaras.capture (generation, identity, settled)
select coalesce(max(generation), 0) + 1, %s, false from selaras.capture
returning generation, settled
"""
SNAPSHOT_TRANSACTION = text("select coalesce(max(snapshot_tx), 0) from selaras.position")
RETIRE = text("update selaras.capture set retired_at = now() where retired_at is null")
SETTLE = text("update selaras.capture set settled = true where generation = :generation")
FORGET_POSITIONS = text("delete from selaras.position")
FORGET_SNAPSHOTS = text("update selaras.mirror_table set counted_in = null")
GIVE_UP_LOADS = text("update selaras.load set state = 'given up' where table_name = :table and state = 'open'")
BEGIN_LOAD = text("""
insert into selaras.load (id, table_name, condition, floor) values (:id, :table, :condition, :floor)
""")
FINISH_LOAD = text("""
update selaras.load set state = 'done', finished_at = now(), left_over = :left_over where id = :id
returning table_name, condition, started_at
""")
KNOWN_AGAIN = text("""
update selaras.mirror_table set unknown_since = null, unknown_reason = null
where table_name = :table and unknown_since < :began
""")
RESOLVE = text("""
update selaras.undecodable set resolved_at = now() where resolved_at is null and stored_at < :began
  and topic like '%.' || :table
""")
LOADS = text("""
select id, table_name, condition, floor, state, left_over from selaras.load order by started_at desc limit :limit
""")
REPORT = text("""
insert into selaras.worker (name, host, pid, state, events, rows_written, transient)
values (:name, :host, :pid, :state, :events, :written, :transient)
on conflict (name) do update set host = excluded.host, pid = excluded.pid, state = excluded.state, seen_at = now(),
  events = excluded.events, rows_written = excluded.rows_written, transient = excluded.transient,
  started_at = case when selaras.worker.pid = excluded.pid then selaras.worker.started_at else now() end
""")
FORGET_WORKERS = text("delete from selaras.worker where seen_at < now() - interval '1 day'")
POSITIONS = text("select topic, partition, next_offset from selaras.position")


class PostgresCaptureRegistry:
    """Implements the port ``CaptureRegistry``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def current(self) -> RegisteredCapture | None:
        """See the port."""
        with translated("target"), self._engine.connect() as connection:
            row = connection.execute(CURRENT).first()
        return RegisteredCapture(row[0], msgspec.convert(row[1], CaptureIdentity), row[2]) if row else None

    def register(self, identity: CaptureIdentity) -> RegisteredCapture:
        """See the port."""
        with translated("target"), self._engine.begin() as connection:
            connection.execute(FORGET_POSITIONS)
            connection.execute(FORGET_SNAPSHOTS)
            row = connection.exec_driver_sql(REGISTER, (encoded(identity),)).one()
        return RegisteredCapture(row[0], identity, row[1])

    def retire(self) -> None:
        """See the port."""
        with translated("target"), self._engine.begin() as connection:
            connection.execute(RETIRE)

    def snapshot_transaction(self) -> int:
        """See the port."""
        with translated("target"), self._engine.connect() as connection:
            return int(connection.execute(SNAPSHOT_TRANSACTION).scalar_one())

    def settle(self, generation: int) -> None:
        """See the port."""
        with translated("target"), self._engine.begin() as connection:
            connection.execute(SETTLE, {"generation": generation})


class PostgresLoadRegistry:
    """Implements the port ``LoadRegistry``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, load: Load) -> None:
        """See the port."""
        values = {"id": load.id, "table": load.table, "condition": load.condition, "floor": load.floor}
        with translated("target"), self._engine.begin() as connection:
            connection.execute(GIVE_UP_LOADS, values)
            connection.execute(BEGIN_LOAD, values)

    def finish(self, load_id: str, left_over: int) -> None:
        """See the port. Only a load of the whole table makes it known again."""
        with translated("target"), self._engine.begin() as connection:
            row = connection.execute(FINISH_LOAD, {"id": load_id, "left_over": left_over}).one()
            if not row.condition:
                values = {"table": row.table_name, "began": row.started_at}
                connection.execute(KNOWN_AGAIN, values)
                connection.execute(RESOLVE, values)

    def loads(self, limit: int) -> Sequence[Load]:
        """See the port."""
        with translated("target"), self._engine.connect() as connection:
            return [Load(*row) for row in connection.execute(LOADS, {"limit": limit})]


class PostgresWorkerRegistry:
    """Implements the port ``WorkerRegistry``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def report(self, facts: WorkerFacts) -> None:
        """See the port."""
        values = {
            name: getattr(facts, name) for name in ("name", "host", "pid", "state", "events", "written", "transient")
        }
        with translated("target"), self._engine.begin() as connection:
            connection.execute(REPORT, values)
            connection.execute(FORGET_WORKERS)


class PostgresAppliedPositions:
    """Implements the port ``AppliedPositions`` of the barrier."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def positions(self) -> Mapping[tuple[str, int], int]:
        """See the port."""
        with translated("target"), self._engine.connect() as connection:
            return {(topic, partition): offset for topic, partition, offset in connection.execute(POSITIONS)}
