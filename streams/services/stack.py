"""The local stack: bring it up, say how it is, take it down, start over."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from streams.errors import ErrorKind, SelarasError
from streams.ports.stack import Condition, Ground, Member, Report

M = TypeVar("M")
R = TypeVar("R")

_POLL_S = 0.1  # between two questions to a member that does not answer yet
_TAIL_LINES = 8  # lines of the log that an error quotes


@dataclass(frozen=True, slots=True)
class MemberState:
    """One line of ``stack status``."""

    name: str
    condition: Condition
    answers: bool
    port: int
    pid: int | None
    since: datetime | None  # start of the process, UTC
    memory_mb: int | None  # resident, MiB
    log: Path


class StackService:
    """Members come up stage by stage, all of a stage at once, and go down in the opposite order."""

    def __init__(self, ground: Ground, stages: Sequence[Sequence[Member]], deadline_s: float) -> None:
        self._ground = ground
        self._stages = stages
        self._deadline_s = deadline_s

    def up(self, report: Report) -> None:
        """Bring every member to the point where it answers; repeating it mends what died and leaves the rest alone."""
        with self._ground.exclusive():
            self._ground.check()
            self._ground.install(report)
            for stage in self._stages:
                self._raise_stage(stage, report)
            self._ground.complete()

    def down(self, report: Report) -> None:
        """Stop every member, the readers before what they read from. State stays."""
        with self._ground.exclusive():
            self._lower(report)

    def reset(self, report: Report) -> None:
        """Stop every member and remove databases, topics, offsets and passwords together."""
        with self._ground.exclusive():
            self._lower(report)
            self._ground.wipe()
            report("state removed: databases, topics, offsets and passwords")

    def status(self) -> list[MemberState]:
        """How each member is, in the order of their start."""
        return _each(self._members(), _state)

    def logs(self, member: str) -> Path:
        """The log file of one member; SelarasError (configuration) for a name that is none."""
        for candidate in self._members():
            if candidate.name == member:
                return candidate.log
        names = ", ".join(candidate.name for candidate in self._members())
        raise SelarasError(ErrorKind.CONFIGURATION, f"The stack has no member {member!r}.", f"choose one of: {names}")

    def _members(self) -> list[Member]:
        return [member for stage in self._stages for member in stage]

    def _raise_stage(self, stage: Sequence[Member], report: Report) -> None:
        abandoned = threading.Event()

        def bring_up(member: Member) -> SelarasError | None:
            try:
                self._bring_up(member, report, abandoned)
            except SelarasError as error:
                return error
            return None

        try:
            failures = [error for error in _each(stage, bring_up) if error]
        except BaseException:
            abandoned.set()
            raise
        if failures:
            first = failures[0]
            raise SelarasError(first.kind, "\n".join(error.sentence for error in failures), first.next_step)

    def _bring_up(self, member: Member, report: Report, abandoned: threading.Event) -> None:
        began = time.monotonic()
        died = member.condition() is Condition.DEAD
        started = member.start()
        while not member.answers():
            if member.condition() is not Condition.RUNNING:
                raise _failure(member, "ended while it was starting")
            if time.monotonic() - began > self._deadline_s:
                raise _failure(member, f"did not answer within {self._deadline_s:g} s")
            if abandoned.wait(_POLL_S):
                return
        member.settle()
        how = "had died and is back" if died else "started" if started else "was running"
        report(f"{member.name}: {how}, answers on port {member.port} ({time.monotonic() - began:.1f} s)")

    def _lower(self, report: Report) -> None:
        def stop(member: Member) -> None:
            before = member.condition()
            member.stop()
            report(f"{member.name}: {'stopped' if before is Condition.RUNNING else 'was not running'}")

        for stage in reversed(self._stages):
            _each(stage, stop)


def _each(members: Sequence[M], act: Callable[[M], R]) -> list[R]:
    with ThreadPoolExecutor(max_workers=len(members)) as pool:
        return list(pool.map(act, members))


def _state(member: Member) -> MemberState:
    condition = member.condition()
    facts = member.facts() if condition is Condition.RUNNING else None
    return MemberState(
        name=member.name,
        condition=condition,
        answers=condition is Condition.RUNNING and member.answers(),
        port=member.port,
        pid=facts.pid if facts else None,
        since=facts.since if facts else None,
        memory_mb=facts.memory_mb if facts else None,
        log=member.log,
    )


def _failure(member: Member, what: str) -> SelarasError:
    """With the end of the log, since it mostly holds the cause."""
    lines: list[str] = []
    if member.log.exists():
        lines = member.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
    quoted = "".join(f"\n    {line}" for line in lines) or "\n    (empty)"
    return SelarasError(
        ErrorKind.UNAVAILABLE,
        f"{member.name} {what}. The end of {member.log}:{quoted}",
        "remove the cause that the log names, then run `selaras stack up` again "
        "(after `selaras stack down`, if it hangs)",
    )
