"""``selaras drift``: what differs that should not, and what becomes of it."""

from datetime import datetime
from typing import Annotated

import typer

from streams.bootstrap.drift import drift_service
from streams.cli.drift_view import (
    plain_drift,
    plain_entry,
    print_drift,
    print_entries,
    print_entry,
    print_history,
)
from streams.cli.render import AsJson, guarded, out, print_json
from streams.cli.repair_commands import repair
from streams.cli.totals_commands import totals
from streams.cli.who import system_user
from streams.drift.cause import Cause
from streams.drift.difference import Check
from streams.drift.entry import EntryState
from streams.errors import ErrorKind, SelarasError
from streams.ports.drift_ledger import Wanted
from streams.services.drift import SEE_LIST, Moved

app = typer.Typer(help="What differs that should not, why, and what becomes of it.", no_args_is_help=True)
app.command()(totals)
app.command(options_metavar="[OPTIONS] [ID]...", context_settings={"allow_extra_args": True})(repair)
NOT_VERIFIED = tuple(state for state in EntryState if state is not EntryState.VERIFIED)
_UNWELL = 1

Entries = Annotated[list[int], typer.Argument(help="Numbers of entries, as 'selaras drift list' shows them.")]
By = Annotated[str | None, typer.Option(help="Who decides; the system's user unless given.")]
Why = Annotated[str, typer.Option(help="The reason; no personal data.")]


@app.command()
@guarded
def status(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show what each check vouches for, differences by cause, keys without a verdict.

    Exit code 1 unless all is verified or accepted.
    """
    picture = drift_service(ctx.obj).status()
    if as_json:
        print_json({"well": picture.is_well, "needed": picture.needed, **plain_drift(picture.reading)})
    else:
        print_drift(picture)
    if not picture.is_well:
        raise typer.Exit(_UNWELL)


@app.command("list")
@guarded
def list_entries(
    ctx: typer.Context,
    cause: Annotated[list[Cause] | None, typer.Option(help="Only this cause; may be given again.")] = None,
    table: Annotated[list[str] | None, typer.Option(help="Only this table; may be given again.")] = None,
    state: Annotated[
        list[EntryState] | None,
        typer.Option(help="Only this state; may be given again. Without: all but verified."),
    ] = None,
    check: Annotated[list[Check] | None, typer.Option(help="Only of this check; may be given again.")] = None,
    after: Annotated[int, typer.Option(min=0, help="Only entries with a greater number, to leaf through.")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List entries of the ledger in the order in which they were first found. Values are masked."""
    wanted = Wanted(
        checks=tuple(check or ()),
        tables=tuple(table or ()),
        causes=tuple(cause or ()),
        states=tuple(state or NOT_VERIFIED),
        after=after,
        limit=limit,
    )
    found = drift_service(ctx.obj).entries(wanted)
    if as_json:
        print_json([plain_entry(entry) for entry in found])
        return
    print_entries(found)
    if len(found) == limit:
        out.print(f"There may be more: --after {found[-1].id} goes on.")


@app.command()
@guarded
def show(
    ctx: typer.Context,
    entry: Annotated[int, typer.Argument(help="Number of the entry.")],
    as_json: AsJson = False,
) -> None:
    """Show one entry: values side by side, masked; what speaks for its cause; the next step."""
    found = drift_service(ctx.obj).entry(entry)
    if as_json:
        print_json(plain_entry(found))
    else:
        print_entry(found)


@app.command()
@guarded
def accept(
    ctx: typer.Context,
    entries: Entries,
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day (UTC) on which it is accepted.")],
    why: Why,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Accept differences as they are until a day. One that changes, or comes back, is open again by itself.

    Exit code 1 when some could not be.
    """
    moved = drift_service(ctx.obj).accept(entries, until.date(), by or system_user(), why)
    _tell(moved, f"accepted, up to and with {until.date()} (UTC)", as_json=as_json)


@app.command()
@guarded
def explain(ctx: typer.Context, entries: Entries, why: Why, by: By = None, as_json: AsJson = False) -> None:
    """Say why differences are there. They count until they are mended or accepted. Exit code 1 as for accept."""
    moved = drift_service(ctx.obj).explain(entries, by or system_user(), why)
    _tell(moved, "explained", as_json=as_json)


@app.command()
@guarded
def history(
    ctx: typer.Context,
    what: Annotated[list[str], typer.Argument(help="Number of an entry; or a table and a key of it.")],
    as_json: AsJson = False,
) -> None:
    """Show every step of an entry, or of all entries of a key: when, from, to, by whom and why."""
    service = drift_service(ctx.obj)
    match what:
        case [number] if number.isdecimal():
            steps = service.history(int(number))
        case [table, key]:
            steps = service.history_of_key(table, key)
        case _:
            raise SelarasError(
                ErrorKind.CONFIGURATION, "That is neither the number of an entry nor a table and a key.", SEE_LIST
            )
    if as_json:
        print_json(steps)
    else:
        print_history(steps)


def _tell(moved: Moved, word: str, *, as_json: bool) -> None:
    if as_json:
        print_json(moved)
    else:
        out.print(f"{len(moved.moved):,} {word}.")
        for number, state in moved.refused.items():
            out.print(f"Entry {number} is {state}: there is no such step from there.", highlight=False)
    if moved.refused:
        raise typer.Exit(_UNWELL)
