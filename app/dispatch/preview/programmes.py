"""A programme of several campaigns as one: a verb happens to all of them, or to none."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.campaigns import approval, plan_queries, service
from app.campaigns.lifecycle import Verb
from app.core.errors import Invalid, NotFound
from app.core.security import Principal
from app.dispatch.preview.requests import step_or_request
from app.dispatch.run.requests import dispatch_many_or_request
from app.dispatch.sweeps import end_campaign
from app.models.campaign import Campaign

_Step = Callable[[Session, str, Principal | None, str, datetime], Any]


class UnknownProgramme(NotFound):
    """There is no campaign of this programme that is not over."""

    code = "campaign.programme_unknown"


def codes_of(session: Session, programme: str) -> list[str]:
    """The campaigns of a programme, but those that are closed, by code. Raises UnknownProgramme."""
    found = plan_queries.codes_of_programme(session, programme)
    if not found:
        raise UnknownProgramme(f"programme: there is no campaign of the programme {programme} that is not over")
    return found


def act_on_programme(
    session: Session, *, programme: str, verb: Verb, by: Principal | None, comment: str = "", now: datetime
) -> dict[str, Any]:
    """Let `verb` happen to every campaign of a programme: {campaigns: codes, requested: id where it is left to the worker}.

    Submitted and approved they have one preview, in which a customer of several is one contact. Raises UnknownProgramme,
    Invalid for a verb that is not one campaign's after the other, and what the verb raises for the first that refuses it, at
    which everything is to be rolled back.
    """
    codes = codes_of(session, programme)
    if verb in (Verb.SUBMIT, Verb.APPROVE) and by is not None:
        return {
            "campaigns": codes,
            "requested": step_or_request(session, campaign_codes=codes, verb=verb, by=by, comment=comment, now=now),
        }
    if verb not in _STEPS:
        raise Invalid("verb", f"one of {', '.join(VERBS)}")
    for code in codes:
        _STEPS[verb](session, code, by, comment, now)
    return {"campaigns": codes, "requested": None}


def dispatch_programme(session: Session, *, programme: str, by: Principal | None, now: datetime) -> dict[str, Any]:
    """Dispatch the campaigns of a programme in one run; a large one is left to the worker. Raises as `dispatch_campaigns`."""
    return dispatch_many_or_request(session, campaign_codes=codes_of(session, programme), by=by, now=now)


def _send_back(session: Session, code: str, by: Principal | None, comment: str, now: datetime) -> Campaign:
    assert by is not None
    return approval.send_back_campaign(session, campaign_code=code, by=by, comment=comment, now=now)


def _revise(session: Session, code: str, by: Principal | None, comment: str, now: datetime) -> Campaign:
    assert by is not None
    return approval.revise_campaign(session, campaign_code=code, by=by, comment=comment, now=now)


def _schedule(session: Session, code: str, by: Principal | None, _: str, now: datetime) -> dict[str, int]:
    return service.schedule_campaign(session, campaign_code=code, by=by, now=now)


def _run(session: Session, code: str, by: Principal | None, _: str, now: datetime) -> Campaign:
    return service.run_campaign(session, campaign_code=code, by=by, now=now)


def _close(session: Session, code: str, by: Principal | None, _: str, now: datetime) -> dict[str, int]:
    return end_campaign(session, campaign_code=code, by=by, now=now)


_STEPS: dict[Verb, _Step] = {
    Verb.SEND_BACK: _send_back,
    Verb.REVISE: _revise,
    Verb.SCHEDULE: _schedule,
    Verb.RUN: _run,
    Verb.CLOSE: _close,
}
VERBS = tuple(verb.value for verb in (Verb.SUBMIT, Verb.APPROVE, *_STEPS))
