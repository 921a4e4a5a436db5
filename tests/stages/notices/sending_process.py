"""A process that sends what is due, round after round, until it is killed."""

import sys
from datetime import timedelta

from app.core import clock
from app.core.db import make_engine, make_sessions
from app.jobs import outgoing
from app.jobs.steps import run_in_steps
from app.notices.sending import Sender
from tests.factories import NOW
from tests.stages.notices.post import SEAL


def main(url, seconds):
    """Sessions of `url`; it lives `seconds` after NOW."""
    sessions = make_sessions(make_engine(url))
    work = outgoing.webhooks(Sender(loopback=True), seal=SEAL, apart=False)
    with clock.shifted_to(NOW + timedelta(seconds=float(seconds))):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            run_in_steps(sessions, "send-webhooks", work)


if __name__ == "__main__":
    main(*sys.argv[1:])
