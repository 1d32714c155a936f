"""``selaras capture``: from the legacy database's log into the topics."""

from typing import Annotated, Any

import typer

from streams.bootstrap.capture import capture_service
from streams.bootstrap.sync import registration
from streams.changes.position import lsn_to_text
from streams.cli.render import AsJson, guarded, out, print_facts, print_json
from streams.services.capture import CaptureStatus

app = typer.Typer(help="Capture changes of the legacy database.", no_args_is_help=True)

Deadline = Annotated[float, typer.Option("--deadline", min=0.1, help="Seconds to wait at most.")]
_UNHEALTHY = 1


@app.command()
@guarded
def apply(ctx: typer.Context, deadline: Deadline = 60.0, as_json: AsJson = False) -> None:
    """Check the preconditions, make publication and topics, register the connector, wait until it reads."""
    registered = registration(ctx.obj).apply(deadline)
    if as_json:
        print_json(registered)
        return
    identity = registered.identity
    out.print("The legacy log is being read.")
    print_facts(
        {
            "slot": identity.legacy.slot,
            "publication": f"{identity.legacy.publication} ({len(identity.legacy.tables)} tables)",
            "topics": len(identity.topics),
        }
    )


@app.command()
@guarded
def status(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show connector, slot, committed offset and snapshot. Exit code 1 unless all of it is known and well."""
    found = capture_service(ctx.obj).status()
    if as_json:
        print_json({"healthy": found.healthy, **_plain(found)})
    else:
        print_facts(_facts(found))
        for fault in found.faults:
            out.print(f"[red]{fault}[/red]", highlight=False)
        for part, reason in found.unknown.items():
            out.print(f"[yellow]{part} is unknown:[/yellow] {reason}", highlight=False)
    if not found.healthy:
        raise typer.Exit(_UNHEALTHY)


@app.command()
@guarded
def pause(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Stop reading the log. The legacy server keeps it meanwhile, so that its disk fills."""
    capture_service(ctx.obj).pause()
    _done("paused", "Capture is paused. The legacy server keeps its log: resume before its disk is full.", as_json)


@app.command()
@guarded
def resume(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Read on where it stopped; a failed task is started again."""
    capture_service(ctx.obj).resume()
    _done("resumed", "Capture goes on where it stopped.", as_json)


@app.command()
@guarded
def remove(
    ctx: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    deadline: Deadline = 60.0,
    as_json: AsJson = False,
) -> None:
    """Take away connector, offsets, slot, publication and topics with every record in them."""
    if not yes:
        typer.confirm("Records that were not applied are lost, and the next capture loads anew. Go on?", abort=True)
    registration(ctx.obj).remove(deadline)
    _done("removed", "Connector, offsets, slot, publication and topics are gone.", as_json)


def _done(word: str, sentence: str, as_json: bool) -> None:
    if as_json:
        print_json({"done": word})
    else:
        out.print(sentence)


def _plain(found: CaptureStatus) -> dict[str, Any]:
    return {
        "connector": found.connector,
        "slot": found.slot,
        "offset": found.offset,
        "snapshot": found.snapshot,
        "missing_topics": found.missing_topics,
        "faults": found.faults,
        "unknown": found.unknown,
    }


def _facts(found: CaptureStatus) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    state, slot, offset = found.connector, found.slot, found.offset
    if state is not None:
        facts["connector"] = f"{state.connector}, tasks {', '.join(state.tasks) or 'none'}"
        if state.failure:
            facts["failure"] = state.failure
    elif "connector" not in found.unknown:
        facts["connector"] = "not registered"
    if slot is not None:
        facts["slot"] = f"{'active' if slot.active else 'idle'}, log {slot.wal_status}"
        facts["behind"] = f"{slot.behind_bytes:,} bytes ({slot.retained_bytes:,} kept by the server)"
    elif "slot" not in found.unknown:
        facts["slot"] = "none"
    facts["committed offset"] = lsn_to_text(offset.commit) if offset and offset.commit is not None else None
    facts["initial snapshot"] = found.snapshot
    if found.missing_topics:
        facts["missing topics"] = ", ".join(found.missing_topics)
    return facts
