"""``selaras drift repair``: mend what differs, through the pipeline."""

from typing import Annotated

import typer

from streams.bootstrap.repair import repair_preview, repair_service
from streams.cli.render import AsJson, err, guarded, out, print_json, print_table
from streams.cli.who import system_user
from streams.drift.cause import Cause
from streams.errors import ErrorKind, SelarasError
from streams.services.drift import SEE_LIST
from streams.services.repair import Repaired
from streams.services.repair_choice import RepairRequest
from streams.services.repair_preview import Foreseen

_UNWELL = 1


@guarded
def repair(
    ctx: typer.Context,
    cause: Annotated[list[Cause] | None, typer.Option(help="All entries of this cause; may be given again.")] = None,
    table: Annotated[
        list[str] | None, typer.Option(help="With --cause: only of this table; may be given again.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who decides; the system's user unless given.")] = None,
    why: Annotated[str, typer.Option(help="The reason, for the journal; no personal data.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change, masked.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many entries at most.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Mend the rows of these entries (ID..., or --cause): read legacy rows into the mirror again, compute keys of the
    target again; then look again.

    Exit code 1 unless all were repaired and none was found to differ again.
    """
    named = (tuple(map(_number, ctx.args)), tuple(cause or ()), tuple(table or ()))
    request = RepairRequest(by or system_user(), why or ("dry run" if dry_run else ""), *named, limit=limit)
    if dry_run:
        with err.status("computing"):
            seen = repair_preview(ctx.obj)(request)
        if as_json:
            print_json(seen)
        else:
            _print_foreseen(seen)
        is_well = not seen.refused
    else:
        with err.status("repairing") as status:
            result = repair_service(ctx.obj).run(request, status.update)
        if as_json:
            print_json(result)
        else:
            _print_repaired(result)
        is_well = result.is_well
    if not is_well:
        raise typer.Exit(_UNWELL)


def _print_foreseen(seen: Foreseen) -> None:
    columns = ("entry", "table", "key", "what would happen", "column", "is", "would be")
    rows: list[tuple[object, ...]] = []
    for step in seen.steps:
        place = (step.entry, step.table, step.key, step.does)
        pairs = list(step.columns.items()) or [("", (None, None))]
        rows += [(*(place if n == 0 else ("", "", "", "")), name, *pair) for n, (name, pair) in enumerate(pairs)]
    print_table("What a repair would do; nothing was changed", columns, rows)
    for table, count in sorted(seen.along.items()):
        out.print(f"Along with these, {count:,} more rows of {table} would change.", highlight=False)
    _print_refused(seen.refused, more=seen.more)


def _print_repaired(result: Repaired) -> None:
    done = len(result.verified) + len(result.waiting) + len(result.back)
    out.print(f"{done:,} repaired, {len(result.verified):,} of them looked at again and the same.")
    if not result.watched and done:
        out.print("No monitor runs: this command looked itself. Next: selaras monitor run")
    if result.waiting:
        out.print(f"{len(result.waiting):,} were not looked at again yet. Next: selaras drift status")
    if result.back:
        out.print(
            f"[yellow]Found to differ again: {', '.join(map(str, result.back))}. Next: selaras drift show ID[/yellow]"
        )
    _print_refused(result.refused, more=result.more)
    if result.left:
        out.print(f"[yellow]Not come to: {len(result.left):,}.[/yellow]")
    if result.stopped:
        out.print(f"[red]Stopped. {result.stopped}[/red]", highlight=False)


def _print_refused(refused: dict[int, str], *, more: bool) -> None:
    for number, reason in sorted(refused.items()):
        out.print(f"[yellow]Entry {number}: {reason}.[/yellow]", highlight=False)
    if more:
        out.print("There are more entries: --limit raises their number, or call it again.")


def _number(word: str) -> int:
    if not word.isdecimal():
        raise SelarasError(ErrorKind.CONFIGURATION, f"{word} is no number of an entry.", SEE_LIST)
    return int(word)
