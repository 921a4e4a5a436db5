"""Alembic's entry: migrates the database whose connection is handed over, or that of the settings."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql.base import ischema_names

import app.models  # noqa: F401  (registers the tables)
from app.core.database import owner_url
from app.core.db import Base, MonthType, TransactionId, UtcDateTime, make_engine
from app.settings import read_settings

ischema_names["xid8"] = TransactionId
MIGRATION_LOCK = 7_305_001
LEFT_BEHIND = {"feature_snapshots"}  # figures are files now; `gridwork migrate` moves what an older release wrote there


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our column types into a migration as what they are in the database, so that it never imports the models."""
    if kind != "type":
        return False
    if isinstance(item, TransactionId):
        autogen.imports.add("from app.core.db import TransactionId")
        return "TransactionId()"
    return {UtcDateTime: "sa.DateTime(timezone=True)", MonthType: "sa.Date()"}.get(type(item), False)


def include_name(name: str | None, kind: str, _: Any) -> bool:
    """Tables that no code of this release knows are no difference, nor are the parts of one that it knows."""
    return kind != "table" or not (name in LEFT_BEHIND or (name or "").startswith(("campaign_targets_", "work_orders_")))


def run(connection: Connection) -> None:
    """Migrate under one advisory lock, so that two starts at once do it once."""
    context.configure(connection=connection, target_metadata=Base.metadata, render_item=render_item, include_name=include_name)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    with make_engine(owner_url(read_settings()), as_app=False).connect() as own_connection:
        run(own_connection)
        own_connection.commit()
