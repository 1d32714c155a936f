"""``selaras status`` and ``selaras quarantine``: what the run knows, and what needs a person's eyes."""

import time
from enum import Enum
from typing import Annotated, Any

import typer
from rich.live import Live

from streams.bootstrap.status import status_service, target_status
from streams.cli.render import AsJson, guarded, out, print_json, print_table
from streams.cli.status_view import status_view
from streams.services.status import Status, advice


class Kept(Enum):
    """Outcomes whose keys are listed."""

    WAITING = "waiting"
    QUARANTINED = "quarantined"
    ROW = "row"


REFRESH_S = 1.0
_UNHEALTHY = 1
quarantine = typer.Typer(help="Keys and events that need a person's eyes.", no_args_is_help=True)
Limit = Annotated[int, typer.Option(min=1, help="How many at most.")]


@guarded
def status(
    ctx: typer.Context,
    watch: Annotated[bool, typer.Option("--watch", help="Refresh every second until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what each stage knows and how old it is. Exit code 1 unless everything is known and well."""
    service = status_service(ctx.obj)
    found = service.read()
    if as_json:
        print_json(plain_status(found))
    elif watch:
        with Live(status_view(found), console=out, auto_refresh=False) as live:
            while True:
                time.sleep(REFRESH_S)
                live.update(status_view(service.read()), refresh=True)
    else:
        out.print(status_view(found))
    if not found.healthy:
        raise typer.Exit(_UNHEALTHY)


@quarantine.command("keys")
@guarded
def keys(
    ctx: typer.Context,
    outcome: Annotated[Kept | None, typer.Option(help="Only this outcome; row: with refused columns.")] = None,
    table: Annotated[str | None, typer.Option(help="Only this target table.")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List keys that wait or that a rule refused: rule, column and masked value of each refusal."""
    found = target_status(ctx.obj).keys(outcome.value if outcome else None, table, limit)
    if as_json:
        print_json(found)
        return
    print_table(
        "Keys",
        ("table", "key", "outcome", "why", "since"),
        [(k.projection, k.key, k.outcome, _why(k.faults, k.waits_for), k.since[:19]) for k in found],
    )


@quarantine.command("events")
@guarded
def events(ctx: typer.Context, limit: Limit = 50, as_json: AsJson = False) -> None:
    """List events that could not be decoded; 'selaras load reread TABLE' makes their table known again."""
    found = target_status(ctx.obj).stored_events(limit)
    if as_json:
        print_json(found)
        return
    print_table(
        "Undecodable events",
        ("topic", "partition", "offset", "reason", "stored", "resolved"),
        [(e.topic, e.partition, e.offset, e.reason, e.stored_at[:19], "yes" if e.resolved else "no") for e in found],
    )


def plain_status(found: Status) -> dict[str, Any]:
    """The status as one JSON document; positions are summed up by topic."""
    target = found.target
    facts = None
    if target is not None:
        facts = {n: getattr(target, n) for n in target.__slots__ if n != "positions"}
    return {
        "healthy": found.healthy,
        "needed": advice(found),
        "capture": found.capture,
        "target": facts,
        "events_behind": found.behind,
        "events_behind_total": None if found.behind is None else sum(found.behind.values()),
        "workers_alive": found.workers_alive,
        "unknown": found.unknown,
    }


def _why(faults: Any, waits_for: str | None) -> str:
    reasons = [
        f"{f['rule']} {f['column']}: {f['reason']}" + (f" ({f['masked']})" if f["masked"] else "") for f in faults
    ]
    if waits_for is not None:
        reasons.append(f"waits for {waits_for}")
    return "; ".join(reasons)
