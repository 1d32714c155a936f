"""``selaras projection``: compute keys again, preview what that would change, see how far it has come."""

from collections.abc import Callable
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from streams.bootstrap import sync
from streams.cli.proof_view import show_computed, show_preview
from streams.cli.render import AsJson, err, guarded, out, print_json, print_table
from streams.errors import ErrorKind, SelarasError
from streams.ports.recomputing import WHOLE
from streams.services.computed import Computed
from streams.services.recompute import Recompute
from streams.settings import Settings

app = typer.Typer(help="Compute the rows of the new database again from the mirror.", no_args_is_help=True)
Where = Annotated[
    str,
    typer.Option(
        help="Only keys of rows of the table's first legacy source that satisfy this SQL condition on its columns."
    ),
]


@app.command()
@guarded
def recompute(
    ctx: typer.Context,
    table: Annotated[str | None, typer.Argument(help="Target table; all of them if not given.")] = None,
    where: Where = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would change, with samples.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put the mapping and reference files in force and compute every key again; or one table's, under those in force.

    Changes are applied meanwhile. Killed, it goes on where it stopped.
    """
    if where and table is None:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            "A condition speaks of the columns of one table's source, and none is named.",
            "name the target table before --where",
        )
    if dry_run:
        computed = watched(ctx.obj, lambda service, report: service.preview(table, where, report))
        if as_json:
            print_json(computed)
        else:
            show_preview(computed)
        return
    if where:
        computed = watched(ctx.obj, lambda service, report: service.chosen(str(table), where, report))
    elif table is not None:
        computed = watched(ctx.obj, lambda service, report: service.table(table, report))
    else:
        computed = compute_all(ctx.obj)
    show(computed, as_json=as_json, whole=table is None)


@app.command()
@guarded
def progress(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show how far the newest recompute with these files has come. Exit code 1 while it is not finished."""
    steps = sync.recompute_service(ctx.obj).steps()
    if as_json:
        print_json(steps)
    else:
        rows = [(s.name, s.done, "yes" if s.finished else "no") for name, s in sorted(steps.items()) if name != WHOLE]
        print_table("Steps of the newest recompute with these files", ("step", "done", "finished"), rows)
    if WHOLE in steps and not steps[WHOLE].finished:
        raise typer.Exit(1)


def compute_all(settings: Settings) -> Computed:
    """Everything, with a bar; nobody else may be at it."""
    with sync.alone(settings):
        return watched(settings, lambda service, report: service.run(report))


def show(computed: Computed, *, as_json: bool, whole: bool) -> None:
    """What was written and removed."""
    if as_json:
        print_json(computed)
        return
    show_computed(computed, "written")
    for name, count in computed.left_over.items():
        if count:
            out.print(f"{name}: {count:,} rows that no key yields any more were removed.")
    for name, count in computed.kept.items():
        out.print(f"{name}: {count:,} rows that no key yields stay: rows that no mapping writes refer to them.")
    if whole:
        out.print("Workers that run with other files stop at their next batch: start them again.")


def watched(settings: Settings, deed: Callable[[Recompute, Callable[[str, int], None]], Computed]) -> Computed:
    """Run it with a bar on standard error: a step each for projections and sources whose keys are derived."""
    service = sync.recompute_service(settings)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[keys]:,} keys"))
    with Progress(*columns, TimeElapsedColumn(), console=err, transient=True) as bar:
        names: dict[str, int] = {}
        task = bar.add_task("computing", total=service.size, keys=0)

        def report(name: str, done: int) -> None:
            names[name] = done
            bar.update(task, description=name, completed=len(names) - 1, keys=sum(names.values()))

        return deed(service, report)
