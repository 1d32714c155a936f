"""Python alone: decoding a seeded population's events, and computing every key that they touch, in CPU time.

The rows are read from the mirror once, before anything is measured. Measured is what no statement costs: bytes to
events, keys derived from changed rows, the rows that speak, the outcomes. Not in it: SQL, psycopg, JSON of statements.
"""

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection

from benchmarks.events import EventLog
from benchmarks.kept import kept_by_rules
from benchmarks.measure import Figures
from benchmarks.throwaway import fresh_target, throwaway_server
from streams.adapters.databases.mirror import row_id
from streams.adapters.databases.sql_names import listed, quoted
from streams.bootstrap.capture import capture_plan
from streams.bootstrap.databases import applier_engine, legacy_reader_engine
from streams.bootstrap.demo import seed_service
from streams.bootstrap.replicate import Ground, ground, replicate_service
from streams.changes.envelope import Decoder
from streams.errors import ErrorKind, SelarasError
from streams.ports.row_keys import Rewritten
from streams.projection.choose import Chosen, SourceRow
from streams.projection.compute import CompiledProjection
from streams.projection.declaration import Lookup
from streams.projection.outcome import OutcomeKind
from streams.services.demo import SeedPlan
from streams.services.plan import Plan, returning_columns
from streams.services.recompute import Recompute
from streams.services.touched import TouchedRows
from streams.settings import Settings
from streams.worker.collector import quiet_collector

PARTS = ("decode", "derive", "choose", "compute")
KEYS_AT_ONCE = 2000  # of one projection; a batch holds no more, so that the collector finds as little as it does there
EVERY_KEY = 10_000_000
Row = Mapping[str, object]
SourceRows = Mapping[str, Mapping[str, Sequence[SourceRow]]]
"""By key and source: the rows."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Sizes of this benchmark."""
    parser.add_argument("--companies", type=int, default=2000, help="companies of the population")


def sizes(options: argparse.Namespace) -> str:
    """The sizes in words, for the record."""
    return f"{options.companies} companies, each key computed once"


@dataclass(frozen=True, slots=True)
class Population:
    """Everything in memory: events, what the mirror reports of changed rows by table, source rows by projection."""

    log: EventLog
    rewritten: Mapping[str, Rewritten]
    rows: Mapping[str, SourceRows]


@contextmanager
def prepared(options: argparse.Namespace) -> Iterator["ComputeBenchmark"]:
    """A seeded population, applied once so that the mirror holds its rows."""
    with throwaway_server() as server:
        seed_service(server).run(SeedPlan(options.companies, seed=1))
        with fresh_target(server, "bench_compute") as settings:
            applier, legacy = applier_engine(settings), legacy_reader_engine(settings)
            try:
                base = ground(settings, legacy, applier)
                Recompute(base.target, base.plan).adopt()
                log = EventLog(legacy, base.legacy, capture_plan(settings), settings.kafka.partitions)
                service = replicate_service(settings, base, generation=1)
                service.positions(dict.fromkeys(log.every_place, 0))
                for batch in log.batches(2000):
                    service.apply(batch)
                with applier.connect() as connection:
                    rewritten = _rewritten(connection, base)
                population = Population(log, rewritten, _source_rows(base))
                yield ComputeBenchmark(settings, population, lambda: ground(settings, legacy, applier))
            finally:
                applier.dispose()
                legacy.dispose()


def _rewritten(connection: Connection, base: Ground) -> dict[str, Rewritten]:
    found = {}
    for table, columns in returning_columns([p.declaration for p in base.plan.ordered]).items():
        identity = quoted(row_id(base.legacy.tables[table]))
        texts = listed(columns).replace(", ", "::text, ")
        rows = connection.exec_driver_sql(f"select {identity}::text, {texts}::text from mirror.{quoted(table)}").all()
        found[table] = Rewritten(columns, [(row, None, tuple(held)) for row, *held in rows])
    return found


def _source_rows(base: Ground) -> dict[str, SourceRows]:
    names = [projection.declaration.target for projection in base.plan.ordered]
    with base.target.transaction() as work:
        return {name: work.sources.read(name, work.sources.keys_after(name, None, EVERY_KEY)) for name in names}


class ComputeBenchmark:
    """Decodes and computes the same population again and again, each time with rules that remember nothing yet."""

    def __init__(self, settings: Settings, population: Population, new_ground: Any) -> None:
        """``new_ground``: gives the plan, compiled anew."""
        self._settings = settings
        self._population = population
        self._new_ground = new_ground

    def run(self) -> Figures:
        """One run, and one more to see what the rules keep."""
        figures = measured(self._population, self._new_ground(), self._settings.kafka.topic_prefix)
        plan = self._new_ground().plan
        kept = kept_by_rules(lambda: self._all_once(plan))
        return figures | {("kept by the rules after all keys", "KiB"): kept / 1024}

    def _all_once(self, plan: Plan) -> None:
        _derive(self._population, plan)
        _compute(self._population, plan, dict.fromkeys(PARTS, 0.0))


def measured(population: Population, base: Ground, prefix: str) -> Figures:
    """Process time of each part; SelarasError unless events and rows came out of it."""
    log, spent = population.log, dict.fromkeys(PARTS, 0.0)
    decoder = Decoder(prefix, "public", base.tables, 1)
    quiet_collector()  # as a worker does at its start
    begun = time.process_time()
    events = [
        e for place, record in zip(log.places, log.records, strict=True) for e in decoder.decode(place[0], record)
    ]
    spent["decode"] = time.process_time() - begun
    begun = time.process_time()
    _derive(population, base.plan)
    spent["derive"] = time.process_time() - begun
    rows, keys = _compute(population, base.plan, spent)
    if len(events) < len(log.records) or not rows:
        raise SelarasError(
            ErrorKind.UNKNOWN, f"{len(events)} events and {rows} rows came of {len(log.records)} records."
        )
    figures = {(f"Python's CPU, {part}", "us/event"): 1e6 * spent[part] / len(events) for part in PARTS}
    figures["Python's CPU, all of it", "us/event"] = 1e6 * sum(spent.values()) / len(events)
    return figures | {("events decoded", "events"): len(events), ("keys computed", "keys"): keys}


def _derive(population: Population, plan: Plan) -> None:
    kept = SimpleNamespace(row_keys=SimpleNamespace(put=lambda _source, _keys: set()))
    touched = TouchedRows(plan, cast("Any", kept))
    for table, rewritten in population.rewritten.items():
        touched.note(table, rewritten)


def _compute(population: Population, plan: Plan, spent: dict[str, float]) -> tuple[int, int]:
    """Every key of every projection, in order; how many became rows, and how many there were."""
    done: dict[str, dict[str, Row]] = {}
    count = 0
    for projection in plan.ordered:
        rows = done[projection.declaration.target] = {}
        keys = iter(population.rows[projection.declaration.target].items())
        while some := dict(islice(keys, KEYS_AT_ONCE)):
            begun = time.process_time()
            chosen = {key: projection.choose(found) for key, found in some.items()}
            spent["choose"] += time.process_time() - begun
            begun = time.process_time()
            references = {key: projection.lookup_keys(key, one) for key, one in chosen.items()}
            spent["compute"] += time.process_time() - begun
            looked_up = {key: _found(pairs, done) for key, pairs in references.items()}
            rows.update(_outcomes(projection, chosen, looked_up, spent))
            count += len(some)
    return sum(len(found) for found in done.values()), count


def _found(pairs: Sequence[tuple[Lookup, str | None]], done: Mapping[str, Mapping[str, Row]]) -> dict[str, Row]:
    wanted = [(lookup, key) for lookup, key in pairs if key is not None]
    return {lookup.name: row for lookup, key in wanted if (row := done[lookup.projection].get(key)) is not None}


def _outcomes(
    projection: CompiledProjection,
    chosen: Mapping[str, Chosen],
    looked_up: Mapping[str, dict[str, Row]],
    spent: dict[str, float],
) -> dict[str, Row]:
    begun = time.process_time()
    outcomes = {key: projection.compute(key, one, looked_up[key]) for key, one in chosen.items()}
    spent["compute"] += time.process_time() - begun
    return {key: o.row or {} for key, o in outcomes.items() if o.kind is OutcomeKind.ROW}
