"""What commands print: tables or ``--json``, and errors with their next step."""

import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Annotated, Any, NoReturn, ParamSpec, TypeVar

import click
import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from streams.errors import ErrorKind, SelarasError

WIDE = 140  # columns, where nobody looks at the edge: pipes and files
out = Console(width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, width=None if sys.stderr.isatty() else WIDE)
INTERRUPTED = 130  # exit code of a command that Ctrl-C ended
P = ParamSpec("P")
R = TypeVar("R")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


def print_json(value: object) -> None:
    """One JSON document on standard output; dataclasses, paths and enums included."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode() + "\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table for people; cells are shown as text, None as a dash."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(cell) for cell in row))
    out.print(table)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else escape(str(value))


def print_facts(facts: Mapping[str, Any]) -> None:
    """Name and value, a line each."""
    for name, value in facts.items():
        out.print(f"[bold]{name}[/bold]: {'-' if value is None else value}", highlight=False)


def fail(error: SelarasError) -> NoReturn:
    """Tell what happened, whether data are at risk and the next safe step; end with the kind's exit code."""
    err.print(f"[red]{escape(error.sentence)}[/red]", highlight=False, soft_wrap=True)
    err.print(error.policy.data_at_risk, highlight=False, soft_wrap=True)
    if error.next_step:
        err.print(f"Next: {escape(error.next_step)}", highlight=False, soft_wrap=True)
    raise typer.Exit(error.policy.exit_code)


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """A command whose failures are told, not raised; of one that nobody foresaw only its kind and place are shown."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except SelarasError as error:
            fail(error)
        except (typer.Exit, typer.Abort, click.ClickException):
            raise
        except KeyboardInterrupt:
            err.print(
                "Interrupted. What was running goes on running: 'selaras status' and 'selaras stack status' tell."
            )
            raise typer.Exit(INTERRUPTED) from None
        except Exception as error:
            fail(_unforeseen(error))

    return run


def _unforeseen(error: Exception) -> SelarasError:
    places = traceback.extract_tb(error.__traceback__)
    ours = [place for place in places if "/streams/" in place.filename] or list(places)
    last = ours[-1]
    where = f"{last.filename.rpartition('/streams/')[2]}:{last.lineno}"
    return SelarasError(
        ErrorKind.UNKNOWN,
        f"Unforeseen: {type(error).__name__} at {where} in {last.name}.",
        "report this sentence; it is safe to run the command again",
    )
