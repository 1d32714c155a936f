"""``selaras status``: what the run knows."""

import time
from typing import Annotated, Any

import typer
from rich.live import Live

from streams.bootstrap.status import status_service
from streams.cli.drift_view import plain_drift
from streams.cli.render import AsJson, guarded, out, print_json
from streams.cli.status_view import status_view
from streams.services.status import Status, advice

REFRESH_S = 1.0
_UNHEALTHY = 1


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
        "legacy_schema": found.schema,
        "drift": None if found.drift is None else plain_drift(found.drift),
    }
