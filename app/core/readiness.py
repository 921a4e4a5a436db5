"""Whether this process can serve."""

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.core.database import is_known, schema_revisions
from app.core.db import APP_ROLE
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
        if f'role "{APP_ROLE}" does not exist' in str(error):
            raise NotReady("The database was never migrated: run 'gridwork migrate'.") from error
        raise NotReady("The database does not answer.") from error
    if found is None or (found != expected and is_known(found)):
        raise NotReady(f"The database has schema {found}, this code needs {expected}: run 'gridwork migrate'.")
    return {"status": "ready", "schema": str(found)}
