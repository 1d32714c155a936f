"""The command ``selaras``."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli import (
    capture_commands,
    drift_commands,
    load_commands,
    monitor_commands,
    projection_commands,
    quarantine_commands,
    reference_commands,
    schema_commands,
    stack_commands,
    status_commands,
    sync_commands,
)
from streams.cli.demo_commands import seed, traffic
from streams.cli.demo_run_command import demo
from streams.cli.explain_commands import explain
from streams.cli.findings_commands import findings
from streams.cli.log_lines import quieten_libraries
from streams.cli.render import fail
from streams.errors import SelarasError
from streams.settings import load_settings

app = typer.Typer(
    help="Parallel run of a legacy licensing database and its successor: capture, apply, watch, switch.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals hold rows
)
app.add_typer(stack_commands.app, name="stack")
capture_commands.app.command()(schema_commands.extend)
app.add_typer(capture_commands.app, name="capture")
app.add_typer(sync_commands.app, name="sync")
app.add_typer(projection_commands.app, name="projection")
app.add_typer(load_commands.app, name="load")
app.add_typer(reference_commands.app, name="reference")
app.add_typer(quarantine_commands.app, name="quarantine")
app.add_typer(drift_commands.app, name="drift")
app.add_typer(monitor_commands.app, name="monitor")
app.command()(status_commands.status)
app.command()(findings)
app.command()(explain)
app.command()(demo)
app.command()(seed)
app.command()(traffic)


@app.callback()
def settings(
    ctx: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="Folder of the local stack's state, logs and data (default .selaras).")
    ] = None,
) -> None:
    """Read the settings once; libraries that talk on their own are made quiet."""
    quieten_libraries()
    try:
        ctx.obj = load_settings(home=home)
    except SelarasError as error:
        fail(error)
