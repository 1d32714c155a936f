"""One connector in Kafka Connect: its configuration, its state, its offsets."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from streams.adapters.debezium.connect_rest import ConnectRest
from streams.errors import ErrorKind, SelarasError
from streams.ports.capture import Clock, CommittedOffset, ConnectorState

_STOP_DEADLINE_S = 30.0
_ERROR_CLASS = re.compile(r"\b(?:[a-z_][\w]*\.)+([A-Z]\w*(?:Exception|Error))\b")


class ConnectConnector:
    """Connector and CommittedOffsets over Connect's REST interface."""

    def __init__(self, rest: ConnectRest, name: str, clock: Clock) -> None:
        self._rest = rest
        self._name = name
        self._clock = clock
        self._path = f"/connectors/{quote(name)}"

    def configure(self, config: Mapping[str, str]) -> bool:
        """Create it, or change it where its configuration differs."""
        wanted = {**config, "name": self._name}
        present = self._rest.call("GET", f"{self._path}/config")
        if present is not None:
            if dict(present) == wanted:
                return False
            self._rest.call("PUT", f"{self._path}/config", wanted)
            return True
        # Offsets outlive their connector; a new capture under an old name would skip its snapshot.
        self._rest.call("POST", "/connectors", {"name": self._name, "config": wanted, "initial_state": "STOPPED"})
        self._delete_offsets()
        self.resume()
        return True

    def state(self) -> ConnectorState | None:
        """Connect's own words, without the texts of errors."""
        status = self._rest.call("GET", f"{self._path}/status")
        if status is None:
            return None
        tasks = status["tasks"]
        traces = [str(part.get("trace", "")) for part in [status["connector"], *tasks]]
        classes = list(dict.fromkeys(name for trace in traces for name in _ERROR_CLASS.findall(trace)))
        return ConnectorState(
            connector=str(status["connector"]["state"]),
            tasks=tuple(str(task["state"]) for task in tasks),
            failure=", ".join(classes),
        )

    def pause(self) -> None:
        """Stop reading."""
        self._must("PUT", f"{self._path}/pause")

    def resume(self) -> None:
        """Read on, and start failed tasks again."""
        self._must("PUT", f"{self._path}/resume")
        state = self.state()
        if state is not None and "FAILED" in (state.connector, *state.tasks):
            self._must("POST", f"{self._path}/restart?includeTasks=true&onlyFailed=true")

    def remove(self) -> None:
        """Stop it, delete its offsets, delete it."""
        if self._rest.call("PUT", f"{self._path}/stop") is None:
            return
        self._delete_offsets()
        self._rest.call("DELETE", self._path)
        # For a moment Connect still tells the state of what it no longer knows.
        self._until(lambda: self.state() is None, "go away")

    def offset(self) -> CommittedOffset | None:
        """The one partition's committed offset."""
        answer = self._must("GET", f"{self._path}/offsets")
        offsets = answer.get("offsets") or []
        return committed_offset(offsets[0]["offset"]) if offsets else None

    def _must(self, method: str, path: str) -> Any:
        answer = self._rest.call(method, path)
        if answer is None:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"Kafka Connect knows no connector {self._name}.",
                "Register it with `selaras capture apply`.",
            )
        return answer

    def _delete_offsets(self) -> None:
        """Only a stopped connector's offsets can be deleted, and stopping takes its time."""
        self._until(self._offsets_deleted, "stop")

    def _offsets_deleted(self) -> bool:
        state = self.state()
        if state is None or state.connector != "STOPPED" or state.tasks:
            return False
        try:
            self._rest.call("DELETE", f"{self._path}/offsets")
        except SelarasError:
            return False
        return True

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = self._clock.now() + _STOP_DEADLINE_S
        while not holds():
            if self._clock.now() > deadline:
                raise SelarasError(
                    ErrorKind.UNAVAILABLE,
                    f"Connector {self._name} did not {what} within {_STOP_DEADLINE_S:.0f} s.",
                    "Run the command again.",
                )
            self._clock.pause(0.1)


def committed_offset(offset: Mapping[str, Any]) -> CommittedOffset:
    """Debezium's offset as far as a barrier must understand it.

    ``lsn_commit``, not ``lsn``: the latter runs ahead of what was handed over when a transaction begins.
    The mark of a blocking re-read stays after a crash in its middle, until the next one is complete. It is no obstacle:
    the log is not read meanwhile, so that ``lsn_commit`` vouches for itself.
    """
    commit = offset.get("lsn_commit")
    mark = str(offset.get("snapshot", "false")).lower()
    return CommittedOffset(
        commit=None if commit is None else int(commit),
        snapshot=mark not in ("false", "", "blocking"),
        reread=bool(offset.get("incremental_snapshot_collections")),
    )
