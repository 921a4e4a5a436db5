"""Who leads: one lease row with a fencing token. The database's clock alone decides, so that workers whose clocks differ agree.

A token only grows. Whoever was paused beyond the lease still believes to lead; `check_lease`, in the transaction that writes,
refuses it. The functions belong into a transaction of their own, except `check_lease`. Each locks the row; who is paused while
it does must not keep all others waiting, so the database gives up its transaction after HELD_SECONDS of silence.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import Conflict

LEASE = "worker"
HELD_SECONDS = 3

_TAKE = text(
    "INSERT INTO job_leases AS lease (name, holder, fencing_token, expires_at)"
    " VALUES (:name, :holder, 1, clock_timestamp() + make_interval(secs => :seconds))"
    " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fencing_token = lease.fencing_token + 1,"
    " expires_at = clock_timestamp() + make_interval(secs => :seconds)"
    " WHERE lease.expires_at <= clock_timestamp() RETURNING fencing_token"
)
_RENEW = text(
    "UPDATE job_leases SET expires_at = clock_timestamp() + make_interval(secs => :seconds)"
    " WHERE name = :name AND fencing_token = :token AND expires_at > clock_timestamp() RETURNING fencing_token"
)
_RELEASE = text("UPDATE job_leases SET expires_at = clock_timestamp() WHERE name = :name AND fencing_token = :token")
_CHECK = text("SELECT fencing_token FROM job_leases WHERE name = :name FOR SHARE")
_CHECK_UNEXPIRED = text("SELECT fencing_token FROM job_leases WHERE name = :name AND expires_at > clock_timestamp() FOR SHARE")


class LeaseLost(Conflict):
    """Another worker leads now: this one may not write."""

    code = "lease.lost"


def limit_idling(session: Session, seconds: float) -> None:
    """Let the database give up this transaction when it is silent for longer."""
    limit = {"limit": f"{1000 * seconds:.0f}ms"}
    session.execute(text("SELECT set_config('idle_in_transaction_session_timeout', :limit, true)"), limit)


def take_lease(session: Session, *, holder: str, seconds: float) -> int | None:
    """Lead for `seconds`, if nobody leads: the new fencing token, greater than any before. None where another leads."""
    limit_idling(session, HELD_SECONDS)
    token: int | None = session.scalar(_TAKE, {"name": LEASE, "holder": holder, "seconds": seconds})
    return token


def renew_lease(session: Session, *, fencing_token: int, seconds: float) -> bool:
    """Lead for `seconds` more. False where the lease ran out, even if nobody else took it: take it again."""
    limit_idling(session, HELD_SECONDS)
    return session.scalar(_RENEW, {"name": LEASE, "token": fencing_token, "seconds": seconds}) is not None


def release_lease(session: Session, *, fencing_token: int) -> None:
    """Stop leading now, so that another need not wait until the lease runs out. Nothing where another leads already."""
    limit_idling(session, HELD_SECONDS)
    session.execute(_RELEASE, {"name": LEASE, "token": fencing_token})


def check_lease(session: Session, fencing_token: int, *, unexpired: bool = False) -> None:
    """Hold the lease row until the end of this transaction, so that nobody takes over between this check and the commit.

    Raises LeaseLost where a newer token was given out, or, with `unexpired`, where the lease ran out. To be called last,
    right before the commit: while the row is held, nobody can renew or take over either.
    """
    limit_idling(session, HELD_SECONDS)
    if session.scalar(_CHECK_UNEXPIRED if unexpired else _CHECK, {"name": LEASE}) != fencing_token:
        raise LeaseLost
