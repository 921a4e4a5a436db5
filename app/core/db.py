"""The database: declarative base, column types, engines and sessions with their scope."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CursorResult, DateTime, Engine, Enum, MetaData, create_engine, text
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import Date, TypeDecorator, UserDefinedType

from app.core.clock import Month, shift
from app.core.storage import Storage

APP_ROLE = "gridwork_app"

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table: all constraints are named."""

    metadata = MetaData(naming_convention=NAMING)


class UtcDateTime(TypeDecorator[datetime]):
    """timestamptz that refuses a time without a zone and always gives back UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone reached the database")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None else value.astimezone(UTC)


class MonthType(TypeDecorator[Month]):
    """A Month stored as the date of its first day."""

    impl = Date
    cache_ok = True

    def process_bind_param(self, value: Month | None, dialect: Dialect) -> date | None:
        return value if value is None else value.first_day

    def process_result_value(self, value: date | None, dialect: Dialect) -> Month | None:
        return value if value is None else Month.of_day(value)


class TransactionId(UserDefinedType[int]):
    """xid8, PostgreSQL's 64-bit transaction id; as text on the wire."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


def enum_text(kind: type[StrEnum], *, constraint: str = "") -> Enum:
    """A StrEnum stored as text by its value, with a check constraint named after the enumeration unless told otherwise."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        values_callable=_values,
        name=constraint or _snake(kind.__name__),
        length=40,
    )


def _values(kind: type[StrEnum]) -> list[str]:
    return [member.value for member in kind]


def _snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


def sqlalchemy_url(url: str) -> URL:
    """Any PostgreSQL URL as one for psycopg 3; raises ValueError for another database."""
    parsed = make_url(url)
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise ValueError("DATABASE_URL: expected a PostgreSQL address such as postgresql://user:password@host/name")
    return parsed.set(drivername="postgresql+psycopg")


def make_engine(
    url: str, *, as_app: bool = True, pool_size: int = 5, pool_wait_seconds: float = 5.0, statement_timeout_ms: int = 0
) -> Engine:
    """An engine whose connections act as the application role, which owns nothing and is bound by row level security.

    `as_app=False` is for migrations only.
    """
    return create_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_wait_seconds,
        pool_pre_ping=True,
        connect_args={"options": connection_options(statement_timeout_ms, as_app=as_app), "connect_timeout": 5},
    )


def connection_options(statement_timeout_ms: int, *, as_app: bool = True) -> str:
    """What PostgreSQL is told when a connection begins."""
    role = f" -c role={APP_ROLE}" if as_app else ""
    return f"-c timezone=UTC -c statement_timeout={statement_timeout_ms}{role}"


def make_sessions(engine: Engine, storage: Storage | None = None, *, dask: str = "") -> sessionmaker[Session]:
    """The session factory: nothing is read again after a commit. `storage_of(session)` gives the files that go with it;
    `session.info["dask"]` says which cluster trains and scores, if any."""
    return sessionmaker(engine, expire_on_commit=False, info={"storage": storage, "dask": dask})


def set_scope(session: Session, *, scope: str, grid_ids: Iterable[int] = (), staff_id: int | None = None) -> None:
    """Tell row level security who acts, until the end of this transaction.

    scope: `all` (company), `grids` (rows of these grids) or `own` (rows of this staff member in these grids).
    """
    session.execute(
        text(
            "SELECT set_config('gridwork.scope', :scope, true), set_config('gridwork.grid_ids', :grids, true),"
            " set_config('gridwork.staff_id', :staff, true), set_config('gridwork.shift', :shift, true)"
        ),
        {"scope": scope, "grids": "{" + ",".join(map(str, grid_ids)) + "}"}
        | {"staff": "" if staff_id is None else str(staff_id), "shift": _shift_text()},
    )


def _shift_text() -> str:
    """What the database adds to its own time where a process plays another one; nothing in an ordinary one."""
    return f"{shift().total_seconds()} seconds" if shift() else ""


@contextmanager
def seeing_ones_grids(session: Session) -> Iterator[None]:
    """For a while, let a person who sees only what is their own see all of their grids: to tell what is theirs from what a
    colleague did. The statements inside say themselves whose rows they want."""
    session.flush()
    if session.scalar(_SEE_GRIDS) != "own":
        yield
        return
    yield
    session.execute(text("SELECT set_config('gridwork.scope', 'own', true)"))


# What is set now is read before it is set anew, in one round trip: a subquery that is kept apart is a row before it is used.
_SEE_GRIDS = text(
    "SELECT s.scope, CASE WHEN s.scope = 'own' THEN set_config('gridwork.scope', 'grids', true) END"
    " FROM (SELECT current_setting('gridwork.scope', true) AS scope OFFSET 0) s"
)
_SEE_COMPANY = text(
    "SELECT s.scope, s.grids, s.staff, set_config('gridwork.scope', 'all', true), set_config('gridwork.grid_ids', '{}', true),"
    " set_config('gridwork.staff_id', '', true), set_config('gridwork.shift', :shift, true)"
    " FROM (SELECT coalesce(current_setting('gridwork.scope', true), '') AS scope,"
    " coalesce(current_setting('gridwork.grid_ids', true), '') AS grids,"
    " coalesce(current_setting('gridwork.staff_id', true), '') AS staff OFFSET 0) s"
)


@contextmanager
def whole_company(session: Session) -> Iterator[None]:
    """See what is needed to decide beyond one's own scope; what is shown to a person afterwards is not read in here."""
    session.flush()
    scope, grids, staff, *_ = session.execute(_SEE_COMPANY, {"shift": _shift_text()}).one()
    yield
    session.flush()
    grid_ids = [int(grid) for grid in grids.strip("{}").split(",") if grid]
    set_scope(session, scope=scope, grid_ids=grid_ids, staff_id=int(staff) if staff else None)


@contextmanager
def written_beside(session: Session) -> Iterator[Session]:
    """A transaction on a connection of its own, of what counts for nothing until the session's own commits."""
    with Session(session.get_bind().engine) as own, own.begin():
        # The database notices soon where this process was killed.
        own.execute(text("SELECT set_config('client_connection_check_interval', '2s', true)"))
        # What the session's commit makes durable is all that was written before it.
        own.execute(text("SELECT set_config('synchronous_commit', 'off', true)"))
        yield own


def refresh_statistics(session: Session, table: str) -> None:
    """Let PostgreSQL count a table that was filled in bulk, so that the next statement's plan fits it."""
    session.execute(text("SELECT analyze_table(CAST(:table AS name))"), {"table": table})


def refresh_over_parts(session: Session, table: str) -> None:
    """The same of a table over all of its parts, which PostgreSQL never does by itself; each part it counts when that changes."""
    session.execute(text("SELECT analyze_over_parts(CAST(:table AS name))"), {"table": table})


def count_changed(session: Session, statement: str, values: Mapping[str, Any] | None = None) -> int:
    """Execute a statement that inserts, updates or deletes; how many rows it did so to."""
    result = session.execute(text(statement), values or {})
    assert isinstance(result, CursorResult)
    return result.rowcount
