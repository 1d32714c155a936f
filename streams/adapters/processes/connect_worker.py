"""Kafka Connect of the stack: one distributed worker with Debezium as its plugin."""

import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from streams.adapters.processes.java_parts import JavaParts
from streams.adapters.processes.java_process import JavaPlan, JavaProcess
from streams.adapters.processes.stack_folders import StackFolders
from streams.ports.stack import Condition, ProcessFacts

_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class ConnectPlan:
    """Where Connect listens, what it talks to, and which folder of secrets connectors may name."""

    port: int
    heap_mb: int
    bootstrap: str  # host:port of the broker
    secrets: Path  # absolute


class ConnectWorker:
    """A member of the stack."""

    def __init__(self, plan: ConnectPlan, folders: StackFolders, parts: JavaParts) -> None:
        self._plan = plan
        self._parts = parts
        main_class = "org.apache.kafka.connect.cli.ConnectDistributed"
        ports = {plan.port: "stack.connect_port"}
        self._java = JavaProcess(JavaPlan(self.name, main_class, plan.heap_mb, ports), folders, parts)

    @property
    def name(self) -> str:
        """As in ``stack status``."""
        return "connect"

    @property
    def port(self) -> int:
        """TCP port of the REST interface on 127.0.0.1."""
        return self._plan.port

    @property
    def log(self) -> Path:
        """The worker's log."""
        return self._java.log

    def start(self) -> bool:
        """See that the worker runs as configured."""
        return self._java.start(connect_properties(self._plan, self._parts.plugins))

    def condition(self) -> Condition:
        """Whether the worker that we started lives."""
        return self._java.condition()

    def answers(self) -> bool:
        """Whether ``GET /health`` says 200; the port opens about a second before it does."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=_TIMEOUT_S) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def settle(self) -> None:
        """Nothing: Connect makes its own topics, and connectors belong to the capture."""

    def stop(self) -> None:
        """Let the tasks write their offsets and end."""
        self._java.stop()

    def facts(self) -> ProcessFacts | None:
        """The JVM."""
        return self._java.facts()


def connect_properties(plan: ConnectPlan, plugins: Path) -> dict[str, str]:
    """``connect.properties``: small JSON, offsets written five times a second, and a quick return after a crash."""
    return {
        "bootstrap.servers": plan.bootstrap,
        "group.id": "selaras-connect",
        "listeners": f"http://127.0.0.1:{plan.port}",
        "rest.advertised.host.name": "127.0.0.1",
        "plugin.path": str(plugins),
        "plugin.discovery": "SERVICE_LOAD",
        "key.converter": "org.apache.kafka.connect.json.JsonConverter",
        "key.converter.schemas.enable": "false",
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter.schemas.enable": "false",
        "connector.client.config.override.policy": "All",
        "offset.flush.interval.ms": "200",
        "scheduled.rebalance.max.delay.ms": "0",
        "session.timeout.ms": "2000",
        "heartbeat.interval.ms": "500",
        "config.storage.topic": "connect-configs",
        "config.storage.replication.factor": "1",
        "offset.storage.topic": "connect-offsets",
        "offset.storage.partitions": "1",
        "offset.storage.replication.factor": "1",
        "status.storage.topic": "connect-status",
        "status.storage.partitions": "1",
        "status.storage.replication.factor": "1",
        "config.providers": "dir",
        "config.providers.dir.class": "org.apache.kafka.common.config.provider.DirectoryConfigProvider",
        "config.providers.dir.param.allowed.paths": str(plan.secrets),
    }
