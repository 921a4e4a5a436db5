"""Whether this process can serve."""

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.core.database import is_known, schema_revisions
from app.core.errors import Unavailable


class NotReady(Unavailable):
    """Not ready to serve."""

    code = "not_ready"


def check_readiness(engine: Engine) -> dict[str, str]:
    """{status, schema} where the database answers and its schema is this code's or newer; raises NotReady otherwise.

    A newer one is fine: every migration keeps the release before it running, so that an upgrade stops nobody.
    """
    try:
        found, expected = schema_revisions(engine)
    except SQLAlchemyError as error:
        raise NotReady("The database does not answer.") from error
    if found is None or (found != expected and is_known(found)):
        raise NotReady(f"The database has schema {found}, this code needs {expected}: run 'gridwork migrate'.")
    return {"status": "ready", "schema": str(found)}
