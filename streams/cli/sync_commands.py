"""``selaras sync``: apply changes, compute everything again, prove equality."""

import os
import socket
from typing import Annotated

import typer

from streams.bootstrap import sync
from streams.bootstrap.quarantine import cap_watch
from streams.bootstrap.schema_watch import schema_watch
from streams.bootstrap.status import status_service
from streams.cli.log_lines import configure_logs
from streams.cli.projection_commands import compute_all, show
from streams.cli.proof_view import plain_proof, show_proof
from streams.cli.render import AsJson, err, guarded, out, print_json
from streams.errors import ErrorKind, SelarasError
from streams.settings import Settings
from streams.worker.app import AppPlan
from streams.worker.run import WorkerParts, run_worker

app = typer.Typer(help="Apply the captured changes to the new database.", no_args_is_help=True)


class _Checks:
    def __init__(self, settings: Settings, *, adopts: bool) -> None:
        self.prepare = sync.start(settings, adopts=adopts)


@app.command()
@guarded
def run(
    ctx: typer.Context,
    name: Annotated[str, typer.Option(help="Name of this worker in 'selaras status'.")] = "",
    log_json: Annotated[bool, typer.Option("--log-json", help="Log one JSON object a line.")] = False,
    adopt: Annotated[
        bool,
        typer.Option("--adopt", help="Put these mapping and reference files in force, computing in the background."),
    ] = False,
) -> None:
    """Run a worker until it is told to stop (SIGTERM, Ctrl-C); it ends between two transactions."""
    settings: Settings = ctx.obj
    configure_logs(as_json=log_json)
    plan = AppPlan(settings.bootstrap, sync.data_topics(settings), settings.kafka, settings.worker)
    parts = WorkerParts(
        _Checks(settings, adopts=adopt),
        sync.worker_registry(settings),
        sync.armed_fail_points(),
        plan,
        sync.housekeeping(settings),
        cap_watch(settings),
        settings.quarantine,
        schema_watch(settings),
        sync.background_recompute(settings),
    )
    run_worker(parts, name or f"{socket.gethostname()}-{os.getpid()}")


@app.command()
@guarded
def recompute(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Put the mapping and reference files in force and compute every key again, as 'selaras projection recompute'."""
    show(compute_all(ctx.obj), as_json=as_json, whole=True)


@app.command()
@guarded
def tidy(
    ctx: typer.Context,
    deadline: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for the barrier.")] = 120.0,
    as_json: AsJson = False,
) -> None:
    """Take away tombstones that have done their work, old lists of touched keys, and old history. Workers do so too."""
    tidied = sync.tidy_service(ctx.obj).run(deadline)
    if as_json:
        print_json(tidied)
    else:
        lists = f"{tidied.touched} lists, {tidied.history} entries of history"
        out.print(f"Gone: {tidied.tombstones} tombstones, {tidied.truncations} truncations, {lists}.")


@app.command()
@guarded
def prove(
    ctx: typer.Context,
    deadline: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for the barrier.")] = 120.0,
    as_json: AsJson = False,
) -> None:
    """Prove legacy and target equal under the mapping, with counts. Meaningful while nobody writes to the legacy side.

    Exit code 0: equal. 1: different, or the barrier was not passed.
    """
    if not status_service(ctx.obj).read().workers_alive:
        raise SelarasError(
            ErrorKind.UNAVAILABLE,
            "No worker is alive, so that nothing would be applied while we wait.",
            "start one with 'selaras sync run', then prove again",
        )
    with err.status("proving") as status:
        proof = sync.prove_service(ctx.obj).run(deadline, status.update)
    if as_json:
        print_json(plain_proof(proof))
    else:
        show_proof(proof)
    if not proof.equal:
        raise typer.Exit(1)
