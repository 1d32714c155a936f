"""``selaras quarantine``: keys and events that need a person's eyes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Annotated

import typer

from streams.bootstrap.quarantine import quarantine_service, retry_service
from streams.bootstrap.status import target_status
from streams.cli.ages import age
from streams.cli.render import AsJson, err, guarded, out, print_facts, print_json, print_table
from streams.cli.who import system_user
from streams.errors import ErrorKind, SelarasError
from streams.ports.quarantine import Grouping, KeyReading, Waiver, Wanted
from streams.services.quarantine import KeyPicture


class Kept(Enum):
    """Outcomes whose keys are listed, accepted keys apart as in the status."""

    WAITING = "waiting"
    QUARANTINED = "quarantined"
    ROW = "row"
    ACCEPTED = "accepted"


app = typer.Typer(help="Keys and events that need a person's eyes.", no_args_is_help=True)
Limit = Annotated[int, typer.Option(min=1, help="How many at most.")]
Table = Annotated[str, typer.Argument(help="Target table.")]
Key = Annotated[str, typer.Argument(help="The key as 'selaras quarantine list' shows it.")]


@app.command("list")
@guarded
def list_keys(
    ctx: typer.Context,
    by: Annotated[Grouping | None, typer.Option(help="Count the keys by this instead of listing them.")] = None,
    outcome: Annotated[
        Kept | None, typer.Option(help="Only this outcome, without accepted keys; row: with refused columns.")
    ] = None,
    table: Annotated[str | None, typer.Option(help="Only this target table.")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List keys that wait or that a rule refused: rule, column, masked value; or count them by what they share."""
    wanted = _wanted(table, outcome)
    if by is not None:
        groups = quarantine_service(ctx.obj).groups(by, wanted)
        if as_json:
            print_json(groups)
            return
        rows = [(g.name, g.outcome, g.open, g.accepted, age(g.oldest_s)) for g in groups[:limit]]
        print_table(f"Keys by {by.value}", (by.value, "outcome", "open", "accepted", "oldest open"), rows)
        return
    found = quarantine_service(ctx.obj).keys(wanted, limit)
    if as_json:
        print_json(found)
    else:
        _print_keys("Keys", found)


@app.command()
@guarded
def show(ctx: typer.Context, table: Table, key: Key, as_json: AsJson = False) -> None:
    """Show one key: outcome, refusals with masked values, what it waits for and why that is missing, if accepted."""
    picture = quarantine_service(ctx.obj).show(table, key)
    if as_json:
        print_json(picture)
        return
    print_facts(_facts(picture))
    if picture.state is not None and picture.state.faults:
        columns = ("column", "rule", "reason", "masked")
        print_table("Refusals", columns, [tuple(fault[c] for c in columns) for fault in picture.state.faults])
    if picture.because:
        _print_keys("What it waits for", picture.because)


@app.command()
@guarded
def retry(
    ctx: typer.Context,
    table: Annotated[str | None, typer.Argument(help="Target table; all tables if not given.")] = None,
    key: Annotated[list[str] | None, typer.Option(help="Only this key of the table; may be given again.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compute keys again and keep the result. Exit code 1 when some still need a person."""
    if key and table is None:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            "A key is looked for in one table, and none is named.",
            "name the table before --key",
        )
    with err.status("computing") as status:
        retried = retry_service(ctx.obj).run(table, key or (), lambda done: status.update(f"{done:,} keys computed"))
    if as_json:
        print_json(retried)
    else:
        out.print(f"Of {retried.tried:,} keys {retried.healed:,} are well now{_counted(', left: ', retried.left)}.")
        if retried.along:
            out.print(f"Keys that depend on them were computed along{_counted(': ', retried.along)}.")
    if retried.left:
        raise typer.Exit(1)


@app.command()
@guarded
def accept(
    ctx: typer.Context,
    table: Table,
    key: Key,
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day (UTC) on which it is accepted.")],
    why: Annotated[str, typer.Option(help="Why it is acceptable; no personal data.")],
    as_json: AsJson = False,
) -> None:
    """Accept a key as it is until a day. It is counted apart; a refusal of another kind opens it again by itself."""
    waiver = Waiver(until.date(), why, system_user())
    quarantine_service(ctx.obj).accept(table, key, waiver)
    if as_json:
        print_json({"table": table, "key": key, **_plain(waiver)})
    else:
        out.print(f"Accepted as it is, up to and with {waiver.until} (UTC).")


@app.command()
@guarded
def unaccept(
    ctx: typer.Context,
    table: Table,
    key: Key,
    as_json: AsJson = False,
) -> None:
    """Withdraw what was accepted: the key counts as open again."""
    quarantine_service(ctx.obj).unaccept(table, key, system_user())
    if as_json:
        print_json({"table": table, "key": key, "accepted": None})
    else:
        out.print("The key counts as open again.")


@app.command()
@guarded
def waivers(ctx: typer.Context, limit: Limit = 50, as_json: AsJson = False) -> None:
    """List what is accepted, why and by whom, and whether it is in force, over, reopened or healed."""
    found = quarantine_service(ctx.obj).waivers(limit)
    if as_json:
        print_json(found)
        return
    columns = ("table", "key", "state", "until", "why", "by", "accepted causes")
    rows = [
        (w.projection, w.key, w.state, w.waiver.until, w.waiver.why, w.waiver.by, "; ".join(w.causes)) for w in found
    ]
    print_table("Accepted keys", columns, rows)


@app.command()
@guarded
def events(ctx: typer.Context, limit: Limit = 50, as_json: AsJson = False) -> None:
    """List events that could not be decoded; 'selaras load reread TABLE' makes their table known again."""
    found = target_status(ctx.obj).stored_events(limit)
    if as_json:
        print_json(found)
        return
    print_table(
        "Undecodable events",
        ("topic", "partition", "offset", "reason", "stored", "resolved"),
        [(e.topic, e.partition, e.offset, e.reason, e.stored_at[:19], "yes" if e.resolved else "no") for e in found],
    )


def _wanted(table: str | None, outcome: Kept | None) -> Wanted:
    if outcome in (None, Kept.ACCEPTED):
        return Wanted(table, accepted=True if outcome else None)
    return Wanted(table, outcome.value, accepted=False)


def _print_keys(title: str, found: Iterable[KeyReading]) -> None:
    columns = ("table", "key", "outcome", "why", "since", "accepted until")
    rows = [
        (k.projection, k.key, k.outcome, _why(k), k.since[:19], k.accepted.until if k.accepted else None) for k in found
    ]
    print_table(title, columns, rows)


def _why(key: KeyReading) -> str:
    reasons = [
        f"{f['rule']} {f['column']}: {f['reason']}" + (f" ({f['masked']})" if f["masked"] else "") for f in key.faults
    ]
    if key.waits_for is not None:
        reasons.append(f"waits for {_awaited(key.waits_for_table, key.waits_for)}")
    return "; ".join(reasons)


def _awaited(table: str | None, key: str) -> str:
    """What a key waits for: another key, or (no table) what the mirror lacks since the legacy tables changed."""
    if table:
        return f"{table} {key}"
    legacy, _, column = key.partition(".")
    if not column:
        return f"a count: the rows of the legacy table {legacy} must be read again"
    return f"a column: {column} of the legacy table {legacy} is gone, or its values must be read again"


def _facts(picture: KeyPicture) -> Mapping[str, object]:
    facts: dict[str, object] = {"table": picture.table, "key": picture.key, "outcome": picture.outcome}
    facts["region"] = picture.region
    state = picture.state
    if state is None:
        return facts
    facts["since"] = f"{state.since[:19]} UTC ({age(state.age_s)})"
    awaited = state.waits_for
    facts["waits for"] = None if awaited is None else _awaited(state.waits_for_table, awaited)
    accepted = state.accepted
    facts["accepted"] = f"until {accepted.until} by {accepted.by}: {accepted.why}" if accepted else "no"
    return facts


def _plain(waiver: Waiver) -> dict[str, object]:
    return {"until": waiver.until, "why": waiver.why, "by": waiver.by}


def _counted(before: str, counts: Mapping[str, int]) -> str:
    return before + ", ".join(f"{count:,} {name}" for name, count in counts.items()) if counts else ""
