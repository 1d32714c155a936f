"""The parallel run as its operator has it: a stack of the tests' own, commands as processes, workers as children."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import psycopg

from streams.adapters.databases.legacy_session import LegacyDoor
from streams.adapters.databases.registries import PostgresAppliedPositions
from streams.adapters.processes.worker_child import WorkerChild
from streams.bootstrap.capture import barrier_service, leave_broker
from streams.bootstrap.databases import target_engine
from streams.bootstrap.stack import stack_service
from streams.bootstrap.sync import prove_service
from streams.errors import SelarasError
from streams.ports.stack import Condition
from streams.services.proof import Proof
from streams.settings import Settings, StackSettings
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
FULL = os.environ.get("SELARAS_TEST_FULL") == "1"
SESSION_TIMEOUT_S = 6  # the least that the broker allows
GROUPS = ("stack", "legacy", "target", "kafka", "connect", "worker")
FOLDERS = ("home", "schemas_dir", "connectors_dir")
DEADLINE_S = 120.0
SHOWN_S = 30.0
STATES = "select projection, key, outcome, faults from selaras.key_state order by since desc limit 5"


@dataclass(frozen=True)
class Told:
    """What a command ended with."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON document that it printed."""
        return json.loads(self.out)


class ParallelRun:
    """One stack with both worlds on it, and everything that a test does to it."""

    def __init__(self, settings: Settings, name: str = "steady") -> None:
        self.settings = settings
        self._name = name
        self.stack = stack_service(settings)
        self._steady: WorkerChild | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The settings as a command's environment."""
        values = {
            f"SELARAS_{group.upper()}_{field.name.upper()}": str(getattr(getattr(self.settings, group), field.name))
            for group in GROUPS
            for field in fields(getattr(self.settings, group))
        }
        folders = {f"SELARAS_{name.upper()}": str(getattr(self.settings, name)) for name in FOLDERS}
        return values | folders

    def selaras(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Told:
        """Run the command to its end."""
        command = [sys.executable, "-m", "streams", *arguments]
        values = {**os.environ, **self.environment, "COLUMNS": "400", **(environment or {})}
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env=values, cwd=ROOT, timeout=DEADLINE_S
        )
        return Told(done.returncode, done.stdout, done.stderr)

    def worker(self, name: str, *options: str, **environment: str) -> WorkerChild:
        """A worker that is not started yet."""
        return WorkerChild(name, self.settings.home, {**self.environment, **environment}, options)

    def steady(self) -> WorkerChild:
        """The worker that most tests share; started if it does not run."""
        try:
            if self._steady is not None:
                self._steady.require_alive()
        except SelarasError:
            self._steady = None
        if self._steady is None:
            self._steady = self.worker(self._name)
            self._steady.start()
        return self._steady

    def rest(self) -> None:
        """End the shared worker, in order."""
        if self._steady is not None:
            self._steady.stop()
            self._steady = None

    @contextmanager
    def legacy(self, role: str = "oss_app") -> Iterator[psycopg.Connection]:
        """A session on the legacy database, in autocommit."""
        place = self.settings.legacy
        secrets = self.settings.secrets.resolve()
        with LegacyDoor(place.host, self.settings.legacy_port, place.database, secrets).session(role) as session:
            yield session

    def commit(self, *statements: str, role: str = "oss_app") -> None:
        """One transaction of the legacy application."""
        with self.legacy(role) as session, session.transaction():
            for statement in statements:
                session.execute(statement)

    def read(self, query: str, *values: object, role: str = "oss_app") -> list[tuple[Any, ...]]:
        """Rows of the legacy database."""
        with self.legacy(role) as session:
            return session.execute(query, values or None).fetchall()

    @contextmanager
    def target(self, role: str = "selaras_applier") -> Iterator[psycopg.Connection]:
        """A session on the target, in autocommit."""
        with psycopg.connect(
            host=self.settings.target.host,
            port=self.settings.target_port,
            dbname=self.settings.target.database,
            user=role,
            password=(self.settings.secrets / role).read_text().strip(),
            autocommit=True,
        ) as session:
            yield session

    def find(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the target."""
        with self.target() as session:
            return session.execute(query, values or None).fetchall()

    def shows(self, expected: Sequence[tuple[Any, ...]], query: str, *values: object) -> None:
        """Wait until the target answers the query like this."""
        try:
            wait_until(lambda: self.find(query, *values) == list(expected), f"{query} gives {expected}", SHOWN_S)
        except AssertionError as error:
            raise AssertionError(f"{error}; newest key states: {self.find(STATES)}") from None

    def settle(self) -> None:
        """Wait until everything committed is applied."""
        applied = PostgresAppliedPositions(target_engine(self.settings))
        passed = barrier_service(self.settings, applied).pass_(DEADLINE_S)
        assert passed.passed, passed.reason

    def prove(self) -> Proof:
        """Both sides are equal, row by row; nobody may write meanwhile."""
        proof = prove_service(self.settings).run(DEADLINE_S, lambda _: None)
        assert proof.barrier.passed, proof.barrier.reason
        assert not [table for table in proof.tables if not table.same]
        assert proof.computed is not None
        assert proof.computed.changes == 0, proof.computed
        assert proof.equal, proof
        return proof

    def pid(self, member: str) -> int:
        """The process of a member of the stack."""
        (pid,) = (state.pid for state in self.stack.status() if state.name == member)
        assert pid is not None, f"{member} does not run"
        return pid

    def kill(self, member: str) -> None:
        """End a member as ``kill -9`` does."""
        if member == "kafka":
            leave_broker(self.settings)  # the library's client would go on knocking, and leak a socket each time
        os.kill(self.pid(member), signal.SIGKILL)
        wait_until(lambda: self._condition(member) is Condition.DEAD, f"{member} is dead")

    def mend(self) -> None:
        """``stack up``."""
        self.stack.up(lambda _: None)

    def _condition(self, member: str) -> Condition:
        return next(state.condition for state in self.stack.status() if state.name == member)


def own_settings(home: Path) -> Settings:
    """Settings of a stack on free ports, with small heaps."""
    legacy, target, kafka, controller, connect = free_ports(5)
    ports = StackSettings(
        legacy_port=legacy, target_port=target, kafka_port=kafka, controller_port=controller, connect_port=connect
    )
    place = Settings(home=home, schemas_dir=ROOT / "schemas", connectors_dir=ROOT / "connectors", stack=ports)
    return replace(place, worker=replace(place.worker, session_timeout_s=SESSION_TIMEOUT_S))


def free_ports(count: int) -> list[int]:
    """TCP ports that nobody listens on, all different."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [probe.getsockname()[1] for probe in sockets]
