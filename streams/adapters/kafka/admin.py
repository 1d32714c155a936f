"""One shared admin client, made on first use; its failures as SelarasErrors."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from streams.errors import ErrorKind, SelarasError


class KafkaDoor:
    """Where the broker is. Calls take turns: the client is shared by threads."""

    def __init__(self, bootstrap: str, timeout_s: float = 5.0) -> None:
        self.bootstrap = bootstrap
        self.timeout_ms = int(timeout_s * 1000)
        self._lock = Lock()
        self._client: Any = None

    @contextmanager
    def admin(self) -> Iterator[Any]:
        """The admin client. SelarasError (unavailable) if the broker does not answer; the next call begins anew."""
        with self._lock, self.guarded():
            if self._client is None:
                self._knock()
                self._client = KafkaAdminClient(
                    bootstrap_servers=self.bootstrap,
                    client_id="selaras-admin",
                    bootstrap_timeout_ms=self.timeout_ms,
                    request_timeout_ms=self.timeout_ms,
                    reconnect_backoff_max_ms=500,
                )
            try:
                yield self._client
            except KafkaError:
                self._forget()
                raise

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn the library's failures into SelarasErrors."""
        try:
            yield
        except (KafkaError, OSError) as error:
            raise SelarasError(
                ErrorKind.UNAVAILABLE,
                f"The Kafka broker at {self.bootstrap} does not answer ({type(error).__name__}).",
                "Look at `selaras stack status`; records already in its log are kept.",
            ) from error

    def close(self) -> None:
        """Give up the connection."""
        with self._lock:
            self._forget()

    def _knock(self) -> None:
        """OSError unless somebody listens. The library would try until its deadline, and leak a socket each time."""
        failure = OSError("no address")
        for address in self.bootstrap.split(","):
            host, _, port = address.strip().rpartition(":")
            try:
                socket.create_connection((host, int(port)), self.timeout_ms / 1000).close()
            except OSError as error:
                failure = error
            else:
                return
        raise failure

    def _forget(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()
