"""``selaras findings``: what is worth a person's look, though nothing refused it."""

from typing import Annotated

import typer

from streams.bootstrap.findings import findings_service
from streams.cli.render import AsJson, guarded, out, print_json, print_table
from streams.ports.findings import Sought


@guarded
def findings(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Option(help="Only findings of this name, as the mapping file gives it.")] = None,
    table: Annotated[str | None, typer.Option(help="Only this target table, or group without a table.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many keys to list at most; the counts are of all.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Count and list what is worth a look: duplicates, sums that do not add up, text that was cut off or misread."""
    picture = findings_service(ctx.obj).read(Sought(table, name), limit)
    if as_json:
        print_json(picture)
        return
    if not picture.counts:
        out.print("Nothing was found.")
        return
    print_table("Findings", ("table", "finding", "keys"), [(c.table, c.name, c.keys) for c in picture.counts])
    rows = [(f.table, f.name, f.key, f.reason, f.outcome, f.since[:19]) for f in picture.findings]
    total = sum(count.keys for count in picture.counts)
    print_table(
        f"Keys with findings, {len(rows):,} of {total:,}", ("table", "finding", "key", "why", "outcome", "since"), rows
    )
