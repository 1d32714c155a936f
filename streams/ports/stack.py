"""The local stack as the service sees it: its members, and the ground they stand on."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Protocol

Report = Callable[[str], None]  # takes one line of progress for a person


class Condition(Enum):
    """What is known about a member's process."""

    RUNNING = "running"
    STOPPED = "stopped"  # not started, or stopped by us
    DEAD = "dead"  # started by us and gone without us; a zombie counts as gone


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """One living process with its children."""

    pid: int
    since: datetime  # start of the process, UTC
    memory_mb: int  # resident memory of the whole tree, shared pages counted once, MiB


class Member(Protocol):
    """One server of the stack: a process that outlives the command which started it."""

    @property
    def name(self) -> str:
        """The name that people use for it."""

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1 that clients use."""

    @property
    def log(self) -> Path:
        """The file to read when something is wrong with it."""

    def start(self) -> bool:
        """See that a process runs as configured; True when one had to be started. Does not wait for an answer.

        Mends whatever a killed predecessor left behind. SelarasError (configuration) names a port that somebody
        else holds and the setting that moves it.
        """

    def condition(self) -> Condition:
        """Whether the process that we started lives. Cheap; never signals a process that is not ours."""

    def answers(self) -> bool:
        """Whether it really serves right now. Returns within a few seconds and never raises for a silent server."""

    def settle(self) -> None:
        """Once it answers: put in place what its clients rely on. Repeating it changes nothing."""

    def stop(self) -> None:
        """End it in the order that loses nothing, by force only when it does not obey. Done when it is gone."""

    def facts(self) -> ProcessFacts | None:
        """Pid, age and memory; None when it does not run."""


class Ground(Protocol):
    """What all members stand on: the machine, the installed parts, the folders."""

    def check(self) -> None:
        """SelarasError (configuration) names everything that the machine lacks, or state that lost one of its parts."""

    def install(self, report: Report) -> None:
        """See that the folders and the Java parts of the pinned versions are there."""

    def exclusive(self) -> AbstractContextManager[None]:
        """Held while the stack is changed: a second command waits here for the first."""

    def complete(self) -> None:
        """Note that every member's state exists now; from here on one alone missing is a fault."""

    def wipe(self) -> None:
        """Remove databases, topics, offsets and passwords together. Only when every member is stopped."""
