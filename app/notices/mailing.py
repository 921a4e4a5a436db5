"""Sending mail: by SMTP of the standard library, into a folder, or into the log."""

import re
import smtplib
import ssl
import time
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from urllib.parse import unquote, urlsplit

import structlog

from app.notices.addresses import refused_because
from app.notices.parcels import Letter
from app.notices.retry import Answer

log = structlog.get_logger(__name__)

SECONDS = 15.0
SENT = 250
Send = Callable[[EmailMessage], None]
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


class NoEncryption(Exception):
    """The server offers no STARTTLS: nothing is sent in the clear."""


def is_address(text: str) -> bool:
    """Whether this is one plain mail address; so no header can be made of it."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None


def way_of(mail: str) -> Send:
    """How mail leaves by this setting: `smtp://user:password@host:587` (STARTTLS), `smtps://...`, `file:folder`, `log:`."""
    parts = urlsplit(mail)
    if parts.scheme in {"smtp", "smtps"}:
        return lambda message: _send_by_smtp(mail, message)
    if parts.scheme == "file":
        return lambda message: _write(Path(unquote(parts.path)), message)
    return lambda message: log.info("mail", message=message["Message-ID"], bytes=len(message.as_bytes()))


def send_letters(letters: Sequence[Letter], *, mail: str, sender: str) -> dict[int, Answer]:
    """Send them one after the other; answers by delivery. What is sent again has the same Message-ID."""
    send = way_of(mail)
    return {letter.id: _send(letter, send, sender) for letter in letters}


def message_of(letter: Letter, sender: str) -> EmailMessage:
    """The mail as it leaves."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, letter.address, letter.subject
    message["Message-ID"] = f"<{letter.message_id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body, cte="base64")  # not every server takes eight bits
    return message


def _send(letter: Letter, send: Send, sender: str) -> Answer:
    start = time.monotonic()
    if letter.address is None:
        return Answer(error="the person has no mail address any more")
    try:
        send(message_of(letter, sender))
    except smtplib.SMTPResponseException as error:
        return Answer(status=error.smtp_code, seconds=time.monotonic() - start)
    except smtplib.SMTPRecipientsRefused as error:
        return Answer(status=next(iter(error.recipients.values()))[0], seconds=time.monotonic() - start)
    except (smtplib.SMTPException, NoEncryption, OSError) as error:
        return Answer(error=f"not sent: {type(error).__name__}", seconds=time.monotonic() - start)
    return Answer(status=SENT, seconds=time.monotonic() - start)


def _send_by_smtp(mail: str, message: EmailMessage) -> None:
    parts = urlsplit(mail)
    host, trusted = parts.hostname or "", ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=SECONDS, context=trusted)
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=SECONDS)
    with server:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=trusted)
            server.ehlo()
        elif parts.scheme == "smtp" and refused_because(host) != "loopback":
            raise NoEncryption
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)


def _write(folder: Path, message: EmailMessage) -> None:
    """One file a message, by its id: written again it is the same file."""
    folder.mkdir(parents=True, exist_ok=True)
    name = str(message["Message-ID"]).strip("<>").partition("@")[0]
    (folder / f"{name}.eml").write_bytes(message.as_bytes())
