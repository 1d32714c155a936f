"""Structured logs on standard error: one JSON object a line, or aligned text on a terminal."""

import logging
import sys

import structlog


def configure_logs(*, as_json: bool) -> None:
    """Set up structlog, and quieten libraries that repeat themselves or print records."""
    for name in ("aiokafka", "kafka", "faust", "mode", "alembic", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL if name != "alembic" else logging.ERROR)
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
