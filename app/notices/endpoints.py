"""The systems that are told: added, given a new key, asked whether they hear, switched off and on."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import Conflict, Invalid
from app.models.notice import WebhookEndpoint, WebhookSecret
from app.notices import queries, relay
from app.notices.addresses import check_url
from app.notices.kinds import SUBSCRIBABLE, TEST
from app.notices.outbox import put_event_for
from app.notices.sealing import Seal
from app.notices.signing import SECRET_BYTES, shown

OVERLAP = timedelta(hours=24)
BY_HAND = "disabled by hand"


class EndpointNameTaken(Conflict):
    """There is a webhook with this name."""

    code = "webhook.name_taken"


class EndpointDisabled(Conflict):
    """This webhook is disabled: enable it first."""

    code = "webhook.disabled"


@dataclass(frozen=True)
class NewSecret:
    """A key as its receiver is given it, now and never again. `until`: when the one before stops signing."""

    name: str
    secret: str
    until: datetime | None


def add_endpoint(
    session: Session, *, name: str, url: str, seal: Seal, kinds: Sequence[str] = (), loopback: bool = False, now: datetime
) -> NewSecret:
    """Tell this address of these kinds (none: of all) from now on. Raises WrongAddress, Invalid, EndpointNameTaken."""
    check_url(url, loopback=loopback)
    if unknown := sorted(set(kinds) - set(SUBSCRIBABLE)):
        raise Invalid("kinds", f"of {', '.join(SUBSCRIBABLE)}; not {', '.join(unknown)}")
    endpoint = WebhookEndpoint(name=name, url=url, kinds=sorted(set(kinds)), created_at=now)
    try:
        with session.begin_nested():
            session.add(endpoint)
    except IntegrityError as error:
        raise EndpointNameTaken(f"name: there is a webhook {name}") from error
    return NewSecret(name, _new_secret(session, endpoint, seal, now), None)


def rotate_secret(session: Session, *, name: str, seal: Seal, overlap: timedelta = OVERLAP, now: datetime) -> NewSecret:
    """A new key, which signs at once; those before sign beside it until `overlap` is over. Raises UnknownEndpoint."""
    endpoint = queries.lock_endpoint(session, name)
    until = now + overlap
    session.execute(
        update(WebhookSecret)
        .where(WebhookSecret.endpoint_id == endpoint.id, WebhookSecret.expires_at.is_(None))
        .values(expires_at=until)
    )
    return NewSecret(name, _new_secret(session, endpoint, seal, now), until)


def try_endpoint(session: Session, *, name: str, now: datetime) -> WebhookEndpoint:
    """Put an event for it that means nothing. Raises UnknownEndpoint, EndpointDisabled."""
    endpoint = queries.lock_endpoint(session, name)
    if endpoint.disabled_at is not None:
        raise EndpointDisabled
    put_event_for(session, endpoint_id=endpoint.id, kind=TEST, payload={"name": name}, now=now)
    return endpoint


def disable_endpoint(session: Session, *, name: str, now: datetime) -> WebhookEndpoint:
    """Send it nothing more; what waits is dead, to be replayed by hand. Raises UnknownEndpoint."""
    endpoint = queries.lock_endpoint(session, name)
    relay.disable(session, endpoint.id, because=BY_HAND, now=now)
    session.refresh(endpoint)
    return endpoint


def enable_endpoint(session: Session, *, name: str, now: datetime) -> WebhookEndpoint:
    """Send to it again, from now on; what died meanwhile is replayed by hand. Raises UnknownEndpoint."""
    endpoint = queries.lock_endpoint(session, name)
    relay.bury(session, now=now)
    endpoint.disabled_at = endpoint.disabled_because = endpoint.apart_since = None
    session.flush()
    return endpoint


def seal_again(session: Session, *, seal: Seal, only_clear: bool = False) -> dict[str, int]:
    """Encrypt every stored key by the newest of the keys, or those alone that a release before stored in the clear. {sealed}.

    Raises WrongSealKey where one cannot be opened, and then changes none.
    """
    found = [row for row in queries.lock_secrets(session) if not only_clear or len(row.secret) == SECRET_BYTES]
    for row in found:
        row.secret = seal.close(seal.open(row.secret))
    session.flush()
    return {"sealed": len(found)}


def _new_secret(session: Session, endpoint: WebhookEndpoint, seal: Seal, now: datetime) -> str:
    secret = secrets.token_bytes(SECRET_BYTES)
    session.add(WebhookSecret(endpoint_id=endpoint.id, secret=seal.close(secret), created_at=now))
    session.flush()
    return shown(secret)
