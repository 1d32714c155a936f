"""``selaras stack``: the local stack."""

from collections import deque
from collections.abc import Callable
from typing import Annotated

import typer

from streams.bootstrap.stack import stack_service
from streams.cli.render import AsJson, err, guarded, out, print_json, print_table
from streams.services.stack import MemberState, StackService
from streams.settings import Settings

app = typer.Typer(
    help="The local stack: both databases, the broker and Kafka Connect, as processes of this machine.",
    no_args_is_help=True,
)


@app.command()
@guarded
def up(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Start what does not run, mend what died, and return when every member answers."""
    service = _service(ctx)
    service.up(_progress(as_json))
    if as_json:
        print_json(service.status())


@app.command()
@guarded
def status(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show each member; the exit code is 0 when all of them answer, else 1."""
    states = _service(ctx).status()
    if as_json:
        print_json(states)
    else:
        _show(states)
    if not all(state.answers for state in states):
        raise typer.Exit(1)


@app.command()
@guarded
def down(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Stop every member; data stay."""
    service = _service(ctx)
    service.down(_progress(as_json))
    if as_json:
        print_json(service.status())


@app.command()
@guarded
def reset(
    ctx: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Stop every member and remove databases, topics, offsets and passwords."""
    if not yes:
        typer.confirm("Remove both local databases, all topics, offsets and passwords?", abort=True, err=True)
    service = _service(ctx)
    service.reset(_progress(as_json))
    if as_json:
        print_json(service.status())


@app.command()
@guarded
def logs(
    ctx: typer.Context,
    member: Annotated[
        str | None, typer.Argument(help="legacy, target, kafka or connect; all paths without it.")
    ] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many of the last lines to print.")] = 40,
    as_json: AsJson = False,
) -> None:
    """Print the end of a member's log, or where all logs are."""
    service = _service(ctx)
    if member is None:
        paths = {state.name: state.log for state in service.status()}
        if as_json:
            print_json(paths)
        else:
            print_table("Logs", ("member", "file"), list(paths.items()))
        return
    path = service.logs(member)
    tail: list[str] = []
    if path.exists():
        with path.open(encoding="utf-8", errors="replace") as file:
            tail = list(deque((line.rstrip("\n") for line in file), maxlen=lines))
    if as_json:
        print_json({"log": path, "lines": tail})
    else:
        out.print("\n".join(tail), markup=False, highlight=False, soft_wrap=True)


def _service(ctx: typer.Context) -> StackService:
    settings = ctx.obj
    assert isinstance(settings, Settings)
    return stack_service(settings)


def _progress(as_json: bool) -> Callable[[str], None]:
    console = err if as_json else out

    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    return say


def _show(states: list[MemberState]) -> None:
    rows = [
        (
            state.name,
            state.condition.value,
            "yes" if state.answers else "no",
            state.pid,
            state.port,
            f"{state.since:%Y-%m-%d %H:%M:%S}" if state.since else None,
            f"{state.memory_mb} MiB" if state.memory_mb is not None else None,
        )
        for state in states
    ]
    print_table("Local stack", ("member", "process", "answers", "pid", "port", "since (UTC)", "memory"), rows)
