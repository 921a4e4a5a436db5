"""Campaigns of the release before keep their place in the life of a campaign."""

from alembic import command
from sqlalchemy import text

from app.core.database import alembic_config
from app.core.db import make_engine
from tests.factories import make_campaign

BEFORE = {"A": "draft", "B": "frozen", "C": "open", "D": "closed"}


def test_stored_statuses_are_renamed_and_back(company, database):
    for code in BEFORE:
        make_campaign(company, code=code, status="closed")
    company.commit()
    engine = make_engine(database, as_app=False)
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
        for code, status in BEFORE.items():
            connection.execute(text("UPDATE campaigns SET status = :status WHERE code = :code"), {"status": status, "code": code})
        command.upgrade(config, "0005")
        found = dict(connection.execute(text("SELECT code, status FROM campaigns")).all())
        assert found == {"A": "draft", "B": "scheduled", "C": "running", "D": "closed"}
        connection.execute(text("UPDATE campaigns SET status = 'approved' WHERE code = 'A'"))
        command.downgrade(config, "0004")
        assert dict(connection.execute(text("SELECT code, status FROM campaigns")).all()) == BEFORE
    engine.dispose()
