"""``selaras demo``: the whole parallel run in one command."""

import signal
from types import FrameType
from typing import Annotated

import typer
from rich.live import Live

from streams.bootstrap.demo import defect_rates
from streams.bootstrap.demo_run import demo as make_demo
from streams.cli.act_view import show_act
from streams.cli.demo_commands import DefectsOption
from streams.cli.proof_view import plain_proof, show_proof
from streams.cli.render import AsJson, err, guarded, out, print_json
from streams.cli.status_view import status_view
from streams.services.demo_run import DemoPlan, Look

SEED = 1
DRAIN_S = 180.0  # for the drain at the end


@guarded
def demo(
    ctx: typer.Context,
    seconds: Annotated[float | None, typer.Option(min=1, help="Seconds of traffic; until Ctrl-C if not given.")] = None,
    companies: Annotated[int, typer.Option(min=1, help="Companies to begin with, if the database is empty.")] = 2000,
    rate: Annotated[float, typer.Option(min=0.1, help="Transactions a second.")] = 50,
    defects: DefectsOption = "default",
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack running at the end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Start everything, run business traffic, then prove legacy and target equal. Exit code 0: equal."""
    run = make_demo(ctx.obj, DemoPlan(companies, SEED, rate, seconds, DRAIN_S, keep, defect_rates(defects)))

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        run.interrupt.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    with Live(console=err, auto_refresh=False, transient=not err.is_terminal) as live:

        def show(look: Look) -> None:
            note = (
                f"{look.seconds:.0f} s of business: {look.transactions:,} transactions, {look.rows_changed:,} row "
                "changes. Ctrl-C stops it and proves both sides equal."
            )
            if err.is_terminal:
                live.update(status_view(look.status, note, look.events_a_second), refresh=True)
            else:
                behind = "unknown" if look.status.behind is None else f"{sum(look.status.behind.values()):,}"
                err.print(f"{note.split('.', maxsplit=1)[0]}; {look.events_a_second:,.0f} events/s, {behind} behind")

        outcome = run.run(lambda line: err.print(line, highlight=False), show)
    if as_json:
        print_json({**plain_proof(outcome.proof), "drift": outcome.act})
    else:
        show_proof(outcome.proof)
        show_act(outcome.act)
        out.print("The data stay; 'selaras stack status' tells what runs, 'selaras stack reset' removes everything.")
    if not outcome.is_well:
        raise typer.Exit(1)
