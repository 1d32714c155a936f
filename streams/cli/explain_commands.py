"""``selaras explain``: where a target row comes from, and everything that is processed about a NIB."""

from typing import Annotated

import typer

from streams.bootstrap.explain import explain_service
from streams.cli.explain_view import print_explanation, print_keys, print_record
from streams.cli.render import AsJson, err, guarded, out, print_json
from streams.errors import ErrorKind, SelarasError


@guarded
def explain(
    ctx: typer.Context,
    table: Annotated[str | None, typer.Argument(help="Target table, or group without a table.")] = None,
    key: Annotated[
        str | None,
        typer.Argument(help="The key as 'selaras quarantine list' shows it; or a NIB, id_proyek or id_izin."),
    ] = None,
    nib: Annotated[str | None, typer.Option(help="Everything about this NIB, instead of one table's key.")] = None,
    reveal: Annotated[bool, typer.Option("--reveal", help="Without masks, where the settings allow it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell where a target row comes from: legacy rows, rules and their inputs, look-ups, positions and times."""
    if nib is not None and table is None:
        _record(ctx, nib, reveal=reveal, as_json=as_json)
        return
    if nib is not None or table is None or key is None:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            "What is to be explained is not clear.",
            "name a table and a key, or a NIB with --nib alone",
        )
    found = explain_service(ctx.obj).key(table, key, reveal=reveal)
    if as_json:
        print_json({"asked": key, "keys": found})
    elif len(found) == 1:
        print_explanation(found[0])
    else:
        print_keys(f"Keys of {table} that belong to {key}", found)
        out.print("Name one of them to see it whole.")


def _record(ctx: typer.Context, nib: str, *, reveal: bool, as_json: bool) -> None:
    with err.status("reading") as status:
        service = explain_service(ctx.obj)
        record = service.nib(nib, reveal=reveal, report=lambda done: status.update(f"{done:,} keys explained"))
    if as_json:
        print_json(record)
    else:
        print_record(record)
