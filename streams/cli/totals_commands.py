"""``selaras drift totals``: business sums of both sides, and what explains that they differ."""

from typing import Annotated

import typer

from streams.bootstrap.totals import totals_service
from streams.cli.render import AsJson, guarded, print_json
from streams.cli.totals_view import show_listed, show_summary, show_total

DIFFERS = 1  # exit code when a group has a rest


@guarded
def totals(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="One control total, group by group; without it all, a line each.")] = "",
    on_legacy: Annotated[
        bool,
        typer.Option("--on-legacy", help="Ask the legacy's own tables: right only while nobody writes there."),
    ] = False,
    group: Annotated[
        list[str] | None, typer.Option("--list", help="List the rows of this group; once for each of its columns.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take the control totals now. Ends with 1 when a group has a rest that nothing explains."""
    service = totals_service(ctx.obj)
    if group:
        total, rows = service.listed(name, tuple(group))
        if as_json:
            print_json({"total": total.name, "group": group, **rows})
        else:
            show_listed(total, group, rows)
        return
    results = service.take([name] if name else (), on_legacy=on_legacy)
    if as_json:
        print_json(results)
    elif name:
        show_total(results[0])
    else:
        show_summary(results)
    if not all(result.agrees for result in results):
        raise typer.Exit(DIFFERS)
