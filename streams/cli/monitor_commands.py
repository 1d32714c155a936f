"""``selaras monitor``: the process that watches over drift."""

from functools import partial
from typing import Annotated

import typer

from streams.bootstrap.monitor import monitor
from streams.cli.log_lines import configure_logs
from streams.cli.render import guarded
from streams.settings import Settings
from streams.worker.monitor import run_monitor

app = typer.Typer(help="Watch over drift, all the time.", no_args_is_help=True)


@app.callback()
def nothing() -> None:
    """Watch over drift, all the time."""


@app.command()
@guarded
def run(
    ctx: typer.Context,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log one JSON object a line.")] = False,
) -> None:
    """Look for differences until told to stop (SIGTERM, Ctrl-C); a new start goes on where the last one stopped."""
    settings: Settings = ctx.obj
    configure_logs(as_json=log_json)
    run_monitor(partial(monitor, settings), settings.worker.retry_delay_max_s)
