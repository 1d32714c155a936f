"""The broker of the stack: one KRaft node that is its own controller."""

import base64
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path

from streams.adapters.processes.java_parts import JavaParts
from streams.adapters.processes.java_process import JavaPlan, JavaProcess
from streams.adapters.processes.kafka_probe import cluster_is_led
from streams.adapters.processes.stack_folders import StackFolders
from streams.errors import ErrorKind, SelarasError
from streams.ports.stack import Condition, ProcessFacts


@dataclass(frozen=True, slots=True)
class BrokerPlan:
    """Ports and sizes of the broker."""

    port: int
    controller_port: int
    heap_mb: int
    retention_hours: int  # of topics that say nothing else


class KafkaBroker:
    """A member of the stack."""

    def __init__(self, plan: BrokerPlan, folders: StackFolders, parts: JavaParts) -> None:
        self._plan = plan
        self._folders = folders
        ports = {plan.port: "stack.kafka_port", plan.controller_port: "stack.controller_port"}
        self._java = JavaProcess(JavaPlan(self.name, "kafka.Kafka", plan.heap_mb, ports), folders, parts)

    @property
    def name(self) -> str:
        """As in ``stack status``."""
        return "kafka"

    @property
    def port(self) -> int:
        """TCP port of the listener for clients on 127.0.0.1."""
        return self._plan.port

    @property
    def log(self) -> Path:
        """The broker's log."""
        return self._java.log

    def start(self) -> bool:
        """See that the broker runs as configured; a new one gets its storage formatted first."""
        properties = broker_properties(self._plan, self._folders.kafka)
        if not (self._folders.kafka / "meta.properties").exists():
            self._format(properties)
        return self._java.start(properties)

    def condition(self) -> Condition:
        """Whether the broker that we started lives."""
        return self._java.condition()

    def answers(self) -> bool:
        """Whether there is a controller and every partition has a leader."""
        return cluster_is_led(self.port)

    def settle(self) -> None:
        """Nothing: topics belong to the capture."""

    def stop(self) -> None:
        """Controlled shutdown."""
        self._java.stop()

    def facts(self) -> ProcessFacts | None:
        """The JVM."""
        return self._java.facts()

    def _format(self, properties: dict[str, str]) -> None:
        self._java.write(properties)
        cluster = base64.urlsafe_b64encode(b"\x00" + secrets.token_bytes(15)).decode().rstrip("=")
        tool = self._java.command("kafka.tools.StorageTool")
        command = [*tool, "format", "-t", cluster, "-c", str(self._java.configuration)]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode != 0:
            output = self.log.with_suffix(".out")
            output.write_bytes(done.stdout + done.stderr)
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"kafka: the storage in {self._folders.kafka} could not be formatted; {output} says why.",
                "remove the cause, then run `selaras stack up` again",
            )


def broker_properties(plan: BrokerPlan, log_dirs: Path) -> dict[str, str]:
    """``server.properties``: one node, nothing replicated, quick to notice that a client or a broker is gone."""
    client, controller = f"127.0.0.1:{plan.port}", f"127.0.0.1:{plan.controller_port}"
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "listeners": f"PLAINTEXT://{client},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{client}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": str(log_dirs),
        "log.retention.hours": str(plan.retention_hours),
        "auto.create.topics.enable": "false",
        "default.replication.factor": "1",
        "min.insync.replicas": "1",
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "broker.session.timeout.ms": "2000",
        "broker.heartbeat.interval.ms": "500",
    }
