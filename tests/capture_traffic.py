"""Writers on a real legacy database, a stream that lags behind them, and an applier that dies now and then.

One thread does it all, so that the order of commits is known; transactions interleave, since each has its own session.
"""

import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

import psycopg
from psycopg.rows import dict_row

from streams.bootstrap.databases import legacy_server
from streams.changes.chunk import Chunk
from streams.changes.position import lsn_to_int
from streams.projection.catalog import Catalog
from streams.projection.converters import Reference
from streams.services.barrier import BarrierResult
from streams.services.plan import make_plan
from streams.services.replicate import PositionMoved, Replicate
from tests.engine import EngineWorld
from tests.history import Emitted, Row, delivered

DEEDS, MICRO = "tr_oss_legalitas", "oss_iumk"
NIBS = ("9999000000017", "9999000000025", "9999000000033")
TEXTS = ("", "a", "b ", "\x1f", "\x1e", "é", '"', "PT Satu")
PARTITIONS = 2
Logged = tuple[str, str, Row | None, Row | None, int]  # table, operation, before, after, LSN of the record
Key = tuple[str, str]  # table, key


class Died(Exception):
    """The applier's end."""


class Dies:
    """A fail point that always strikes."""

    def reach(self, name: str) -> None:
        """See the port."""
        if name == "before_commit":
            raise Died


@dataclass
class Writer:
    """A session with, or without, an open transaction."""

    session: psycopg.Connection[Row]
    logged: list[Logged] = field(default_factory=list)
    held: set[Key] = field(default_factory=set)
    savepoint: int | None = None  # how much had been logged when it was made

    @property
    def is_open(self) -> bool:
        """Whether a transaction goes on."""
        return bool(self.session.info.transaction_status)


class Traffic:
    """``step`` does something somewhere; ``lose`` makes the next committed change vanish from the stream."""

    def __init__(self, world: EngineWorld, random: Random, writers: int = 3) -> None:
        self.world = world
        self.random = random
        conninfo = legacy_server(world.settings, "oss_owner").conninfo()
        self._writers = [
            Writer(psycopg.connect(conninfo, autocommit=True, row_factory=dict_row)) for _ in range(writers)
        ]
        self._reader = psycopg.connect(conninfo, autocommit=True, row_factory=dict_row)
        self.log: list[Emitted] = []
        self._applied = 0
        self._commit = self._lsn()
        self._number = 0
        self.lose = False
        self.is_quiet = False
        self.tainted: set[Key] = set()

    def close(self) -> None:
        """Roll back what is open."""
        for one in (*(writer.session for writer in self._writers), self._reader):
            one.close()

    def clear(self) -> None:
        """Empty legacy tables."""
        self._reader.execute(f"truncate {DEEDS}, {MICRO}")  # type: ignore[arg-type]

    def plant(self) -> None:
        """Lose the next event, or alter a row of the mirror."""
        if self.random.random() < 0.5:
            self.lose = True
            return
        table = self.random.choice((DEEDS, MICRO))
        column = "idlegal" if table == DEEDS else "nib"
        rows = self.world.rows(f"select {column} as k from mirror.{table} order by 1")
        if not rows:
            return
        key = self.random.choice(rows)["k"]
        change = "_deleted = not _deleted" if self.random.random() < 0.3 else "no_legal = no_legal || '?'"
        change = change if table == DEEDS else "_count = _count + 1"
        with self.world.applier.begin() as connection:
            statement = f"update mirror.{table} set {change} where {column} is not distinct from %s"
            connection.exec_driver_sql(statement, (key,))
        self.tainted.add((table, str(key) if key is not None else ""))

    def step(self) -> None:
        """A writer or the applier does something."""
        if self.random.random() < 0.3:
            self.apply(self.random.randint(1, 4))
            return
        writer = self.random.choice(self._writers)
        draw = self.random.random()
        if writer.is_open and draw < 0.25:
            self._finish(writer, is_kept=self.random.random() < 0.8)
        elif writer.is_open and draw < 0.4:
            self._nest(writer)
        elif draw < 0.42:
            self._truncate()
        else:
            self._change(writer)

    def rest(self) -> None:
        """Every transaction ends, everything is applied."""
        for writer in self._writers:
            if writer.is_open:
                self._finish(writer, is_kept=True)
        self.apply(len(self.log))

    def apply(self, count: int) -> None:
        """The stream brings up to so many records more; the applier may die once, and be given them again."""
        until = min(len(self.log), self._applied + count)
        chunks = [c for c in self._chunks(until) if c.records]
        self._applied = until
        if not chunks:
            return
        if self.random.random() < 0.2:
            with suppress(Died):
                self._service(Dies()).apply(chunks)
        self._service().apply(chunks)
        if self.random.random() < 0.1:
            with suppress(PositionMoved):
                self._service().apply(chunks)

    def pass_(self, timeout: float) -> BarrierResult:
        """A barrier that the applier passes at once, or gives up; others write meanwhile."""
        assert timeout > 0
        position = self._lsn()
        behind = len(self.log)
        if self.is_quiet:
            return BarrierResult(True, position, {}, (), "", "")
        if self.random.random() < 0.2:
            return BarrierResult(False, position, {}, (), "captured", "it hangs")
        for _ in range(self.random.randint(0, 12)):
            self.step()
        self.apply(max(0, behind - self._applied) + self.random.randint(0, 4))
        return BarrierResult(True, position, {}, (), "", "")

    def keys(self, table: str) -> list[str]:
        """Every key that there may be."""
        return [str(n) for n in range(1, self._number + 2)] if table == DEEDS else [*NIBS, ""]

    def legacy(self, table: str) -> list[Row]:
        """What is committed."""
        return self._reader.execute(f"select * from {table}").fetchall()  # type: ignore[arg-type]

    def _service(self, fail: Dies | None = None) -> Replicate:
        plan = self.world.ground.plan
        bare = make_plan((), Catalog({}), Reference(), (plan.mapping, plan.reference))
        whole = self.world.service(fail)
        return Replicate(self.world.ground.target, bare, whole._decoder, self.world.ground.tables, whole._fail)

    def _chunks(self, until: int) -> Iterator[Chunk]:
        done = {(c.topic, c.partition): c.end for c in delivered(self.log[: self._applied])}
        for chunk in delivered(self.log[:until]):
            if (chunk.topic, chunk.partition) not in done:
                self.world.seed([chunk])
            yield chunk.since(done.get((chunk.topic, chunk.partition), 0))

    def _change(self, writer: Writer) -> None:
        table = self.random.choice((DEEDS, DEEDS, MICRO))
        if not writer.is_open:
            writer.session.execute("begin")
            fast = self.random.random() < 0.5
            writer.session.execute(f"set local synchronous_commit = {'off' if fast else 'on'}")
        if table == DEEDS:
            self._deed(writer)
        else:
            self._micro(writer)

    def _deed(self, writer: Writer) -> None:
        known = [row for row in self._seen(writer, DEEDS) if self._free(writer, (DEEDS, str(row["idlegal"])))]
        values: Row = {
            "nib": self.random.choice(NIBS),
            "no_legal": self.random.choice(TEXTS),
            "nama_notaris": self.random.choice(TEXTS),
        }
        draw = self.random.random()
        if not known or draw < 0.35:
            self._number += 1
            self._insert(writer, DEEDS, {"idlegal": self._number, **values})
            return
        row = self.random.choice(known)
        writer.held.add((DEEDS, str(row["idlegal"])))
        one = ("idlegal = %s", [row["idlegal"]])
        if draw < 0.75:
            del values["nib"]
            listed = ", ".join(f"{name} = %s" for name in values)
            statement = f"update {DEEDS} set {listed} where idlegal = %s returning *"
            after = writer.session.execute(statement, [*values.values(), row["idlegal"]]).fetchone()  # type: ignore[arg-type]
            self._note(writer, DEEDS, "u", row, after)
            return
        writer.session.execute(f"delete from {DEEDS} where {one[0]}", one[1])  # type: ignore[arg-type]
        self._note(writer, DEEDS, "d", row, None)
        if draw < 0.85:
            self._insert(writer, DEEDS, {"idlegal": row["idlegal"], **values})

    def _micro(self, writer: Writer) -> None:
        nib = self.random.choice([*NIBS, None])
        if not self._free(writer, (MICRO, nib or "")):
            return
        writer.held.add((MICRO, nib or ""))
        known = [row for row in self._seen(writer, MICRO) if row["nib"] == nib]
        if known and self.random.random() < 0.45:
            row = self.random.choice(known)
            where = "ctid = (select ctid from oss_iumk where nib is not distinct from %s and nama_usaha = %s limit 1)"
            writer.session.execute(f"delete from oss_iumk where {where}", [nib, row["nama_usaha"]])  # type: ignore[arg-type]
            self._note(writer, MICRO, "d", row, None)
        else:
            self._insert(writer, MICRO, {"nib": nib, "nama_usaha": self.random.choice(("A", "B"))})

    def _insert(self, writer: Writer, table: str, values: Row) -> None:
        listed, marks = ", ".join(values), ", ".join(["%s"] * len(values))
        statement = f"insert into {table} ({listed}) values ({marks}) returning *"
        row = writer.session.execute(statement, list(values.values())).fetchone()  # type: ignore[arg-type]
        if table == DEEDS:
            writer.held.add((DEEDS, str(values["idlegal"])))
        self._note(writer, table, "c", None, row)

    def _nest(self, writer: Writer) -> None:
        if writer.savepoint is None:
            writer.session.execute("savepoint s")
            writer.savepoint = len(writer.logged)
            return
        if self.random.random() < 0.5:
            writer.session.execute("rollback to savepoint s")
            del writer.logged[writer.savepoint :]
        writer.session.execute("release savepoint s")
        writer.savepoint = None

    def _truncate(self) -> None:
        if any(writer.is_open for writer in self._writers):
            return
        writer = self._writers[0]
        writer.session.execute("begin")
        writer.session.execute(f"truncate {DEEDS}")  # type: ignore[arg-type]
        self._note(writer, DEEDS, "t", None, None)
        self._finish(writer, is_kept=True)

    def _finish(self, writer: Writer, *, is_kept: bool) -> None:
        row = writer.session.execute("select pg_current_xact_id_if_assigned()::text as tx").fetchone()
        writer.session.execute("commit" if is_kept else "rollback")
        if is_kept and row is not None and row["tx"] is not None:
            self._emit(writer.logged, int(str(row["tx"])) & 0xFFFFFFFF)
        writer.logged, writer.savepoint = [], None
        writer.held.clear()

    def _emit(self, logged: list[Logged], transaction: int) -> None:
        for order, (table, op, before, after, lsn) in enumerate(logged, 1):
            row = after or before or {}
            if self.lose and op != "t":
                self.lose = False
                self.tainted.add((table, str(row["idlegal"]) if table == DEEDS else str(row["nib"] or "")))
                continue
            source = {"table": table, "ts_ms": 1_550_000_000_000, "txId": transaction}
            source["sequence"] = json.dumps([str(self._commit), str(lsn)])
            place = {"id": f"{transaction}:{lsn}", "total_order": order}
            value = {"before": before, "after": after, "source": source, "op": op, "transaction": place}
            key = json.dumps({"nib": row.get("nib")}).encode()
            self.log.append((f"oss.public.{table}", zlib.crc32(key) % PARTITIONS, key, json.dumps(value).encode()))
        if logged:
            self._commit = self._lsn()

    def _note(self, writer: Writer, table: str, op: str, before: Row | None, after: Row | None) -> None:
        writer.logged.append((table, op, before, after, self._lsn()))

    def _seen(self, writer: Writer, table: str) -> list[Row]:
        return writer.session.execute(f"select * from {table}").fetchall()  # type: ignore[arg-type]

    def _free(self, writer: Writer, key: Key) -> bool:
        return not any(key in other.held for other in self._writers if other is not writer)

    def _lsn(self) -> int:
        row = self._reader.execute("select pg_current_wal_insert_lsn()::text as lsn").fetchone()
        assert row is not None
        return lsn_to_int(str(row["lsn"]))
