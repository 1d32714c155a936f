"""One question to the broker in its own protocol: a client library would retry, and answer late after a crash."""

import socket
import struct

_METADATA, _VERSION = 3, 1
_TIMEOUT_S = 2.0


def cluster_is_led(port: int) -> bool:
    """Whether the broker on 127.0.0.1 answers, knows a controller and a leader for every partition of every topic."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_S) as connection:
            connection.sendall(_request())
            size = struct.unpack(">i", _read(connection, 4))[0]
            return _is_led(_read(connection, size))
    except (OSError, struct.error):
        return False


def _request() -> bytes:
    client = b"selaras"
    # Correlation id 0, the client's name, and a null list of topics, which means all.
    body = struct.pack(">hhih", _METADATA, _VERSION, 0, len(client)) + client + struct.pack(">i", -1)
    return struct.pack(">i", len(body)) + body


def _read(connection: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise ConnectionError
        parts += part
    return bytes(parts)


def _is_led(answer: bytes) -> bool:
    reader = _Reader(answer)
    reader.number("i")  # correlation id
    for _ in range(reader.number("i")):
        reader.number("i")  # broker
        reader.text()  # host
        reader.number("i")  # port
        reader.text()  # rack
    if reader.number("i") < 0:
        return False
    for _ in range(reader.number("i")):
        faults = [reader.number("h")]
        reader.text()  # topic
        reader.number("b")  # whether it is internal
        for _ in range(reader.number("i")):
            faults.append(reader.number("h"))
            reader.number("i")  # partition
            faults.append(-1 if reader.number("i") < 0 else 0)  # leader
            for _ in ("replicas", "in sync"):
                reader.skip(4 * reader.number("i"))
        if any(faults):
            return False
    return True


class _Reader:
    """Walks over an answer."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, kind: str) -> int:
        """A signed big-endian number: b, h or i for 1, 2 or 4 bytes."""
        value = struct.unpack_from(f">{kind}", self._data, self._at)[0]
        self._at += struct.calcsize(kind)
        return int(value)

    def text(self) -> None:
        """Step over a string; its length is -1 when it is null."""
        self.skip(max(0, self.number("h")))

    def skip(self, size: int) -> None:
        """Step over so many bytes."""
        self._at += size
