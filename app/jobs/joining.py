"""Parts of the table of work orders that are long over become one, so that a company with big runs has few of them."""

import time

from app.dispatch.run.order_part import make_joined_part, put_joined_part
from app.jobs.steps import Step

PARTS = 8  # at once: of a big run a month, ten years are some twenty-five parts
TRIES = 20
SECONDS_BETWEEN = 3.0


def join_order_parts(step: Step) -> dict[str, int]:
    """Join `PARTS` ended parts at a time, as long as there are so many. {joined}: the parts that are one with others now.

    Where the table is never left alone what was copied is dropped by the next night, and tried again.
    """
    joined = 0
    while (first_id := step(lambda session, _: make_joined_part(session, parts=PARTS))) is not None:
        put = _put(step, first_id)
        if put == 0:
            break
        joined += put
    return {"joined": joined}


def _put(step: Step, first_id: int) -> int:
    for nth in range(TRIES):
        if nth > 0:
            time.sleep(SECONDS_BETWEEN)
        if put := step(lambda session, _: put_joined_part(session, first_id)):
            return put
    return 0
