"""Tables and migrations agree, from empty and back."""

from alembic import command
from sqlalchemy import text

from app.core.database import alembic_config, migrate
from app.core.db import make_engine


def test_the_tables_are_what_the_migrations_make(database):
    engine = make_engine(database, as_app=False)
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.check(config)
    engine.dispose()


def test_everything_can_be_taken_back_and_made_again(database):
    engine = make_engine(database, as_app=False)
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        left = connection.execute(text("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        assert left == ["alembic_version"]
    engine.dispose()
    migrate(database)


def test_migrating_twice_changes_nothing(database):
    migrate(database)
