"""Alembic's entry: migrates the database whose connection is handed over, or that of the settings."""

from alembic import context
from sqlalchemy import Connection, text

import app.models  # noqa: F401  (registers the tables)
from app.core.database import owner_url
from app.core.db import Base, make_engine
from app.settings import read_settings

MIGRATION_LOCK = 7_305_001


def run(connection: Connection) -> None:
    """Migrate under one advisory lock, so that two starts at once do it once."""
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True, compare_server_default=False)
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
