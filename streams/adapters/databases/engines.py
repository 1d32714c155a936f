"""Connections: SQLAlchemy engines over psycopg, and what is set on each new connection."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.adapt import Dumper
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, Engine, create_engine, event

from streams.adapters.databases.origins import mark


@dataclass(frozen=True, slots=True)
class Server:
    """Where a database is and who connects; the password is not part of the representation."""

    host: str
    port: int
    database: str
    user: str
    password: "Secret"

    def conninfo(self) -> str:
        """The connection string for libpq, with the password: never to be shown."""
        return make_conninfo(
            host=self.host,
            port=self.port,
            dbname=self.database,
            user=self.user,
            password=self.password.reveal(),
            connect_timeout=10,
            application_name="selaras",
        )


class Secret:
    """A text that never prints itself."""

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text, for the one call that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"


class JsonDocument(bytes):
    """Encoded JSON, sent as it is."""


class _JsonDumper(Dumper):
    oid = 114

    def dump(self, obj: JsonDocument) -> bytes:
        return bytes(obj)


# Plans made while tables were small stay with a connection: after five executions the generic plan kept a sequential
# scan over what had become a large table. Every statement of the applier finds rows by key, so other plans are ruled
# out. A frozen process must not keep row locks, hence the idle timeout.
APPLIER_SETTINGS: Mapping[str, str] = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
    "synchronous_commit": "off",  # safe: positions are written in the same transaction, both roll back together
    "idle_in_transaction_session_timeout": "5s",
}


def engine_for(
    server: Server,
    application: str,
    settings: Mapping[str, str] | None = None,
    *,
    pool_size: int = 5,
    marked: bool = False,
) -> Engine:
    """An engine whose sessions carry ``application`` as their name, in UTC and ISO dates, with these settings.

    ``marked``: what they write is ours (see ``origins``); a session that can't be marked is refused.
    """
    options = {"timezone": "UTC", "datestyle": "ISO", **(settings or {})}
    url = URL.create(
        "postgresql+psycopg", server.user, server.password.reveal(), server.host, server.port, server.database
    )
    engine = create_engine(
        url,
        pool_size=pool_size,
        pool_pre_ping=False,
        connect_args={
            "application_name": application,
            "connect_timeout": 5,
            "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
            "prepare_threshold": 1,
        },
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.adapters.register_dumper(JsonDocument, _JsonDumper)
        if marked:
            _mark(connection)

    return engine


def _mark(connection: Any) -> None:
    try:
        mark(connection)
    except BaseException:
        connection.close()
        raise
