"""Whether this process can serve."""

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.core.database import schema_revisions
from app.core.errors import Unavailable


class NotReady(Unavailable):
    """Not ready to serve."""

    code = "not_ready"


def check_readiness(engine: Engine) -> dict[str, str]:
    """{status, schema} where the database answers and its schema is this code's; raises NotReady otherwise."""
    try:
        found, expected = schema_revisions(engine)
    except SQLAlchemyError as error:
        raise NotReady("The database does not answer.") from error
    if found != expected:
        raise NotReady(f"The database has schema {found}, this code needs {expected}: run 'gridwork migrate'.")
    return {"status": "ready", "schema": str(found)}
