"""The timetable with what became of each job: when it was last done, how it failed, when it is due next."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

_TIMES = text("""
SELECT t.job, t.times, t.next_due_at, t.may_ask, t.noted_at, n.started_at AS last_started_at, n.outcome AS last_outcome,
    d.finished_at AS last_done_at, extract(epoch FROM d.finished_at - d.started_at)::float AS last_seconds,
    f.started_at AS last_failed_at, f.error AS last_error, q.asked_at AS waiting_since
FROM job_times t
LEFT JOIN LATERAL (SELECT started_at, outcome FROM job_runs r WHERE r.job = t.job ORDER BY id DESC LIMIT 1) n ON true
LEFT JOIN LATERAL (SELECT started_at, finished_at FROM job_runs r WHERE r.job = t.job AND r.outcome = 'done'
    ORDER BY id DESC LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT started_at, error FROM job_runs r WHERE r.job = t.job AND r.outcome = 'failed'
    ORDER BY id DESC LIMIT 1) f ON true
LEFT JOIN job_requests q ON q.job = t.job AND q.taken_at IS NULL
ORDER BY t.job
""")


def job_times(session: Session) -> Sequence[Row[*tuple[Any, ...]]]:
    """Every job of the timetable as the worker that leads noted it, by name. Nothing where no worker ever led."""
    return session.execute(_TIMES).all()
