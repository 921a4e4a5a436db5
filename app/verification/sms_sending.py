"""Handing messages to an SMS gateway: by HTTP, into a folder, or into the log, as the setting `sms` names it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
import structlog

from app.notices.signing import headers_of

log = structlog.get_logger(__name__)

SECONDS = 10.0


@dataclass(frozen=True)
class Message:
    """One message: the number as it is in the house, the words, and the reference that comes back with the reply."""

    reference: str
    phone: str
    text: str


def send_messages(messages: Sequence[Message], *, way: str, key: str, timestamp: int) -> dict[str, str]:
    """Hand them over one after the other; why it failed, by reference, of those where it did. None is tried again.

    `way`: `https://host/path` gets each as JSON, signed as Standard Webhooks; `file:/folder`; `log:`.
    """
    failed: dict[str, str] = {}
    for message in messages:
        try:
            _send(message, way, key, timestamp)
        except (httpx.HTTPError, OSError) as error:
            failed[message.reference] = f"not sent: {type(error).__name__}"
    return failed


def _send(message: Message, way: str, key: str, timestamp: int) -> None:
    parts = urlsplit(way)
    body = json.dumps(asdict(message), ensure_ascii=False).encode()
    if parts.scheme == "file":
        folder = Path(unquote(parts.path))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{message.reference}.json").write_bytes(body)
    elif parts.scheme in {"http", "https"}:
        headers = headers_of(message.reference, timestamp, body, [key.encode()]) | {"content-type": "application/json"}
        httpx.post(way, content=body, headers=headers, timeout=SECONDS).raise_for_status()
    else:
        log.info("sms", reference=message.reference)
