"""Kafka Connect's REST interface, one call at a time, each with a time limit."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from streams.errors import ErrorKind, SelarasError

_NOT_FOUND = 404
_REBALANCING = 409


class ConnectRest:
    """Calls to one Connect worker."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url = url
        self._timeout_s = timeout_s

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any | None:
        """The decoded answer, None where Connect says "not found". SelarasError otherwise.

        Answers of Connect are not passed on in errors: they repeat the configuration.
        """
        status, content = self._exchange(method, path, body)
        if status == _NOT_FOUND:
            return None
        if status == _REBALANCING or status >= 500:
            raise SelarasError(
                ErrorKind.UNAVAILABLE,
                f"Kafka Connect at {self._url} cannot answer just now (HTTP {status}).",
                "Try again; if it stays so, read `selaras stack logs connect`.",
            )
        if status >= 400:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"Kafka Connect refused {method} {path} (HTTP {status}).",
                "Read `selaras stack logs connect`; it names the setting.",
            )
        return json.loads(content) if content else {}

    def _exchange(self, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[int, bytes]:
        parts = urlsplit(self._url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self._timeout_s)
        try:
            headers = {"Accept": "application/json", "Content-Type": "application/json"}
            payload = None if body is None else json.dumps(body).encode()
            connection.request(method, parts.path.rstrip("/") + path, payload, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, HTTPException) as error:
            raise SelarasError(
                ErrorKind.UNAVAILABLE,
                f"Kafka Connect at {self._url} does not answer ({type(error).__name__}).",
                "Look at `selaras stack status`. The legacy server keeps its log until Connect is back.",
            ) from error
        finally:
            connection.close()
