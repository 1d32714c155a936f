"""How the status looks on a terminal."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.cli.ages import age
from streams.cli.drift_view import summary_rows
from streams.ports.status import RecomputeReading, TargetReading
from streams.services.status import WORKER_SILENT_S, Status, advice

UNKNOWN = "[yellow]unknown[/yellow]"
KINDS = {"waiting": "waiting", "quarantined": "quarantined", "row": "refused columns"}


def status_view(status: Status, note: str = "", rate: float | None = None) -> RenderableType:
    """The whole picture: stages, tables, keys. ``rate``: events applied a second, where it is measured."""
    parts: list[RenderableType] = [Text(note)] if note else []
    parts += [_stages(status, rate), _tables(status)]
    if status.target is not None:
        parts += [_keys(status.target)] if status.target.keys else []
        if status.target.findings:
            parts += [Text(f"Findings, worth a look: {_findings(status.target)}. See: selaras findings")]
        emptied = status.target.truncated.items()
        parts += [Text(f"Table {t} was emptied by TRUNCATE at {at[:19]}; its rows are marked.") for t, at in emptied]
    parts += [Text(change.sentence) for change in status.schema or () if not change.needed]
    needed = advice(status)
    parts += [Text(line, style="yellow") for line in needed] or [Text("All is known and well.", style="green")]
    return Group(*parts)


def _stages(status: Status, rate: float | None) -> Table:
    table = Table("stage", "what", "value", title="Stages", title_justify="left")
    for row in _stage_rows(status, rate):
        table.add_row(*row)
    return table


def _stage_rows(status: Status, rate: float | None) -> Iterator[tuple[str, str, str]]:
    capture, target = status.capture, status.target
    state, slot = capture.connector, capture.slot
    running = UNKNOWN if "connector" in status.unknown else "not registered"
    yield (
        "capture",
        "connector, tasks (Connect's word)",
        f"{state.connector}, {', '.join(state.tasks)}" if state else running,
    )
    yield "", "log behind the slot", f"{slot.behind_bytes:,} bytes" if slot else UNKNOWN
    yield "", "initial snapshot", capture.snapshot or UNKNOWN
    behind = status.behind
    yield "broker", "events not applied yet", UNKNOWN if behind is None else f"{sum(behind.values()):,}"
    if target is None:
        yield "target", "", UNKNOWN
        return
    silent = [w.name for w in target.workers if w.state == "running" and w.seen_s >= WORKER_SILENT_S]
    yield "worker", "alive", f"{status.workers_alive}{' (silent: ' + ', '.join(silent) + ')' if silent else ''}"
    cut = [f"{w.name}: {w.transient:,}" for w in target.workers if w.transient]
    if cut:
        yield "", "keys of transactions that were cut", ", ".join(cut)
    if rate is not None:
        yield "", "events a second", f"{rate:,.0f}"
    yield "lag", "newest heartbeat applied", _age(target.heartbeat_age_s, "old")
    yield "", "commit to apply, last batch", _age(target.apply_lag_s, f"({_age(target.last_batch_age_s, 'ago')})")
    yield "mapping", "version in force", f"{target.mapping or 'none'}{'' if target.recomputed else ', not recomputed'}"
    for one in target.recomputes:
        yield "recompute", one.table or "all tables", _progress(one)
    yield "events", "undecodable, unresolved", str(target.undecodable)
    if status.drift is None:
        yield "drift", "", UNKNOWN
    else:
        yield from summary_rows(status.drift)


def _progress(one: RecomputeReading) -> str:
    at = f", at {one.step}" if one.step and one.step != one.table else ""
    steps = f"{one.finished:,} steps finished{at}, " if one.table is None else ""
    return f"{steps}{one.keys:,} keys done, begun {age(one.begun_s)} ago, last page {age(one.moved_s)} ago"


def _findings(target: TargetReading) -> str:
    counts = [(keys, table, name) for table, names in target.findings.items() for name, keys in names.items()]
    return ", ".join(
        f"{keys:,} {name} ({table})" for keys, table, name in sorted(counts, key=lambda c: (-c[0], *c[1:]))
    )


def _tables(status: Status) -> Table:
    table = Table("table", title="Target tables", title_justify="left")
    for column in ("rows", "deleted", "waiting", "quarantined", "refused columns", "accepted"):
        table.add_column(column, justify="right")
    if status.target is None:
        return table
    target = status.target
    for name in dict.fromkeys((*target.rows, *target.keys)):
        kinds = target.keys.get(name, {})
        counts = [kinds[kind].open if kind in kinds else 0 for kind in KINDS]
        accepted = sum(keys.accepted for keys in kinds.values())
        held = (target.rows.get(name), target.deleted.get(name), *counts, accepted)
        table.add_row(name, *("-" if count is None else f"{count:,}" for count in held))
    return table


def _keys(target: TargetReading) -> Table:
    table = Table("table", "outcome", title="Keys that need a person, without accepted ones", title_justify="left")
    for column in ("now", "oldest", "since an hour ago", "since a day ago"):
        table.add_column(column, justify="right")
    for name, kinds in target.keys.items():
        for kind in (kind for kind in KINDS if kind in kinds):
            keys = kinds[kind]
            trend = (_trend(keys.open, then) for then in (keys.hour_ago, keys.day_ago))
            table.add_row(name, KINDS[kind], f"{keys.open:,}", age(keys.oldest_s), *trend)
    return table


def _trend(now: int, then: int | None) -> str:
    if then is None:
        return UNKNOWN
    return f"{now - then:+,}" if now != then else "same"


def _age(seconds: float | None, word: str) -> str:
    return "nothing yet" if seconds is None else f"{seconds:,.3f} s {word}"
