"""``selaras load``: read legacy rows again."""

from typing import Annotated

import typer

from streams.bootstrap.load import load_registry, load_service
from streams.cli.render import AsJson, err, guarded, out, print_json, print_table
from streams.services.load import LoadRequest

app = typer.Typer(help="Read legacy rows again, when the mirror is known or feared to lack something.")
Deadline = Annotated[float, typer.Option(min=0.1, help="Seconds to wait at most.")]


@app.command()
@guarded
def reread(
    ctx: typer.Context,
    table: Annotated[str, typer.Argument(help="Legacy table.")],
    where: Annotated[str, typer.Option(help="SQL condition over its columns; all rows if not given.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Forget a request that will not be answered.")] = False,
    deadline: Deadline = 600.0,
    as_json: AsJson = False,
) -> None:
    """Read rows again under live traffic; what the range no longer holds is marked as deleted. Needs a worker."""
    with err.status("asking") as status:
        load = load_service(ctx.obj).reread(LoadRequest(table, where, replace), deadline, status.update)
    if as_json:
        print_json(load)
    else:
        counted = "" if load.counted is None else f" ({load.counted} rows counted)"
        out.print(
            f"{load.table} was read again{counted}; {load.left_over} rows were left over from before and are marked."
        )


@app.command()
@guarded
def settle(ctx: typer.Context, deadline: Deadline = 600.0, as_json: AsJson = False) -> None:
    """After a capture was made anew: mark as deleted what its snapshot did not bring. Needs a worker."""
    with err.status("waiting") as status:
        count = load_service(ctx.obj).settle_capture(deadline, status.update)
    if as_json:
        print_json({"left_over": count})
    else:
        out.print(f"{count} rows were left over from an older capture and are marked.")


@app.command()
@guarded
def status(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List loads, the newest first."""
    loads = load_registry(ctx.obj).loads(limit)
    if as_json:
        print_json(loads)
        return
    print_table(
        "Loads",
        ("id", "table", "condition", "state", "left over"),
        [(load.id, load.table, load.condition or "", load.state, load.left_over) for load in loads],
    )
