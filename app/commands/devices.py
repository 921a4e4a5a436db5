"""Commands about phones."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.commands.context import console, run, sessions, settings
from app.core.clock import zone
from app.core.push_keys import public_push_key, push_key
from app.core.security import signing_secret
from app.devices import service
from app.jobs.runner import in_transaction
from app.reports.devices import DeviceRow, device_page


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("devices")(list_devices)
    app.command("revoke-device")(revoke)
    app.command("push-key")(show_push_key)


def list_devices(
    revoked: Annotated[bool, typer.Option("--revoked", help="those that were revoked")] = False,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 100,
) -> None:
    """The newest phones of everybody: version, last sync, what they had still to send."""
    secret = signing_secret(settings().secret, settings().home)

    def read(session: Session) -> list[DeviceRow]:
        return list(device_page(session, grid_ids=None, revoked=revoked, secret=secret, cursor=None, limit=limit).items)

    table = Table("device", "of", "name", "version", "last sync", "queue", "pushed to", "revoked", "told")
    for row in in_transaction(sessions(), read):
        ended = f"{_time(row.revoked_at)}: {row.revoke_reason}" if row.revoked_at else ""
        queue = "" if row.queue_length is None else str(row.queue_length)
        pushed = "yes" if row.pushes else ""
        table.add_row(
            str(row.id),
            row.staff_no,
            row.name,
            row.app_version,
            _time(row.last_sync_at),
            queue,
            pushed,
            ended,
            _time(row.told_at),
        )
    console.print(table)


def revoke(
    device: Annotated[int, typer.Argument(help="number of the phone, as `devices` shows it")],
    reason: Annotated[str, typer.Option(help="lost, stolen, replaced ...")],
) -> None:
    """End a phone: its tokens stop at once, and it removes all it keeps when it asks next."""

    def work(session: Session, now: datetime) -> Mapping[str, Any]:
        ended = service.revoke_device(session, number=device, reason=reason, grid_ids=None, actor_account_id=None, now=now)
        return {"device": ended.id, "revoked": ended.revoke_reason}

    run("revoke-device", work)


def show_push_key() -> None:
    """The public key by which push services know us; made now, with its private half, where there is none."""
    console.print(public_push_key(push_key(settings().push_key, settings().home)), markup=False)


def _time(instant: datetime | None) -> str:
    return f"{instant.astimezone(zone()):%Y-%m-%d %H:%M}" if instant else ""
