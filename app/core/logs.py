"""Structured logs, one JSON object a line, without personal data: events carry ids and counts, never names or phones."""

import json
import logging
import sys
import traceback

import structlog


class JsonLine(logging.Formatter):
    """What libraries log, as a line like ours. Of an exception only its kind and place: its message may quote data."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object."""
        line = {"event": record.getMessage().strip(), "logger": record.name, "level": record.levelname.lower()}
        if record.exc_info and record.exc_info[1] is not None:
            line |= {"kind": type(record.exc_info[1]).__name__, "place": place_of(record.exc_info[1])}
        return json.dumps(line, ensure_ascii=False)


def configure_logs(level: str) -> None:
    """Send structlog and the standard library's warnings to stderr as JSON lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLine())
    logging.basicConfig(handlers=[handler], level=max(logging.WARNING, logging.getLevelName(level)))


def place_of(error: BaseException) -> str:
    """Where an exception was raised: `file:line function`, without what it says."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno} {frames[-1].name}" if frames else ""
