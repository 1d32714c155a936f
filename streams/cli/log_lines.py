"""Structured logs on standard error: one JSON object a line, or aligned text on a terminal."""

import logging
import sys
import time

import structlog

EVERY_S = 5.0  # seconds between two lines about the same trouble
QUIET = ("psycopg", "kafka", "faust", "mode", "asyncio", "alembic")


def quieten_libraries() -> None:
    """Libraries that repeat themselves, or print what they were sent, say nothing on their own."""
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    logging.getLogger("aiokafka").propagate = False


def configure_logs(*, as_json: bool) -> None:
    """Set up structlog, and let the Kafka client's troubles through it, a line each few seconds."""
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.getLogger("aiokafka").addHandler(_BrokerTroubles(logging.ERROR))


class _BrokerTroubles(logging.Handler):
    """The client logs every failed try of every task; an operator needs one line, and that it goes on."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self._next = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """One line, unless one was said just now. The client's own text: addresses and errors, no records."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + EVERY_S
            structlog.get_logger().warning("waiting", kind="unavailable", what=record.getMessage()[:200])
