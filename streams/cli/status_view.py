"""How the status looks on a terminal."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.services.status import WORKER_SILENT_S, Status, advice

UNKNOWN = "[yellow]unknown[/yellow]"


def status_view(status: Status, note: str = "", rate: float | None = None) -> RenderableType:
    """The whole picture: stages, tables, keys. ``rate``: events applied a second, where it is measured."""
    parts: list[RenderableType] = [Text(note)] if note else []
    parts += [_stages(status, rate), _tables(status)]
    if status.target is not None:
        emptied = status.target.truncated.items()
        parts += [Text(f"Table {t} was emptied by TRUNCATE at {at[:19]}; its rows are marked.") for t, at in emptied]
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
    if rate is not None:
        yield "", "events a second", f"{rate:,.0f}"
    yield "lag", "newest heartbeat applied", _age(target.heartbeat_age_s, "old")
    yield "", "commit to apply, last batch", _age(target.apply_lag_s, f"({_age(target.last_batch_age_s, 'ago')})")
    yield "mapping", "version in force", f"{target.mapping or 'none'}{'' if target.recomputed else ', not recomputed'}"
    yield "events", "undecodable, unresolved", str(target.undecodable)


def _tables(status: Status) -> Table:
    table = Table(title="Target tables and keys by outcome", title_justify="left")
    for column in ("table", "rows", "deleted", "waiting", "quarantined", "refused columns"):
        table.add_column(column, justify="left" if column == "table" else "right")
    if status.target is None:
        return table
    for name, rows in status.target.rows.items():
        kinds = status.target.keys.get(name, {})
        deleted = f"{status.target.deleted.get(name, 0):,}"
        others = (f"{kinds.get(k, 0):,}" for k in ("waiting", "quarantined", "row"))
        table.add_row(name, f"{rows:,}", deleted, *others)
    return table


def _age(seconds: float | None, word: str) -> str:
    return "nothing yet" if seconds is None else f"{seconds:,.3f} s {word}"
