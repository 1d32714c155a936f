"""``selaras capture extend``: let the mirror learn what the legacy tables look like now."""

from typing import Annotated

import typer

from streams.bootstrap.schema_watch import extend_mirror as extend_mirror_service
from streams.cli.render import AsJson, guarded, out, print_json
from streams.ports.schema_watch import Extension


@guarded
def extend(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add columns that the legacy tables gained to the mirror, as text, and take note of changed types.

    Dropped columns that nobody reads are told no more; the mirror keeps their last values. Workers go on meanwhile.
    """
    service = extend_mirror_service(ctx.obj)
    extension = service.plan()
    if not dry_run:
        service.run(extension)
    to_read = sorted({table for table, *_ in (*extension.add, *extension.retype)})
    if as_json:
        print_json({"done": not dry_run, "extension": extension, "read_again": to_read})
        return
    _show(extension, to_read, dry_run=dry_run)


def _show(extension: Extension, to_read: list[str], *, dry_run: bool) -> None:
    if not extension:
        out.print("The mirror knows every column of its tables: nothing to do.")
        return
    would = "would be " if dry_run else ""
    for table, column, kind in extension.add:
        out.print(f"{table}.{column} ({kind}): {would}mirrored as text", highlight=False)
    for table, column, kind in extension.retype:
        out.print(f"{table}.{column}: {would}taken for {kind}", highlight=False)
    for table, column in extension.forget:
        out.print(f"{table}.{column}: {would}told no more; the mirror keeps its last values", highlight=False)
    for table in to_read:
        out.print(f"Next, for rows that do not change by themselves: selaras load reread {table}", highlight=False)
