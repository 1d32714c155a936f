"""``selaras reference``: the code lists that the rules look things up in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from streams.bootstrap.reference import import_service
from streams.cli.render import AsJson, guarded, out, print_facts, print_json
from streams.services.reference import ImportReport, ImportRequest, ListKind

app = typer.Typer(help="Code lists that the rules look things up in: business fields, regions.", no_args_is_help=True)
SHOWN = 20  # codes of each kind in the text; all are in the JSON document


@app.command("import")
@guarded
def import_list(
    ctx: typer.Context,
    kind: Annotated[ListKind, typer.Argument(help="Which list the file holds.")],
    file: Annotated[Path, typer.Argument(help="CSV in UTF-8; schemas/reference/README.md says which columns.")],
    basis: Annotated[str, typer.Option(help="Legal basis of regions whose rows name none.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change, and write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take over an official list. The rules use it once 'selaras sync recompute' has put it in force."""
    report = import_service(ctx.obj).run(ImportRequest(kind, file, basis, dry_run))
    if as_json:
        print_json(report)
    else:
        _show(report, dry_run)
    if report.invalid:
        raise typer.Exit(1)


def _show(report: ImportReport, dry_run: bool) -> None:
    print_facts(
        {
            "added": _codes(report.added),
            "changed": _codes(report.changed),
            "removed": _codes(report.removed),
            "replaced earlier and kept": _codes(report.kept),
            "only another legal basis": report.restated,
            "keys to be computed again": _keys(report.keys),
        }
    )
    for why in report.unknown:
        out.print(f"- how many keys: {why.rstrip('.')}", highlight=False)
    for sentence in (*report.notes, *report.invalid):
        out.print(f"- {sentence}", highlight=False)
    out.print(_outcome(report, dry_run), highlight=False)


def _codes(codes: tuple[str, ...]) -> str:
    if not codes:
        return "0"
    more = f" and {len(codes) - SHOWN} more" if len(codes) > SHOWN else ""
    return f"{len(codes)} ({', '.join(codes[:SHOWN])}{more})"


def _keys(keys: Mapping[str, int | None] | None) -> str:
    if keys is None:
        return "unknown"
    told = (f"{'unknown' if count is None else f'{count:,}'} of {name}" for name, count in keys.items())
    return ", ".join(told) or "0"


def _outcome(report: ImportReport, dry_run: bool) -> str:
    if report.invalid:
        return "The list can't be put in place as it is: what is named above would become invalid. Nothing was written."
    if report.after == report.before:
        return "The reference data are those of this file already. Nothing was written."
    versions = f"from {report.before[:12]} to {report.after[:12] if report.after else '-'}"
    if dry_run:
        return f"The version of the reference data would change {versions}. Nothing was written."
    removed = "Legacy rows that name a removed code go to quarantine then. " if report.removed else ""
    return (
        f"The version of the reference data changed {versions}. No target row was touched yet.\n"
        f"{removed}Workers with the new files refuse to start until it is in force.\n"
        "Next: run 'selaras sync recompute', which puts it in force and computes every key again."
    )
