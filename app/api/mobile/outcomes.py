"""The tables from which a phone draws its screen of results."""

import hashlib

from fastapi import APIRouter, Response
from pydantic import TypeAdapter

from app.api.deps import TerminalManager
from app.api.etags import IfNoneMatch, holds
from app.api.types import Out
from app.feedback.findings import CORRECTABLE
from app.feedback.outcomes import OUTCOMES

router = APIRouter(prefix="/mobile/v1", tags=["phone"])


class ObjectionOut(Out):
    """What a customer may say against it, and what may be answered."""

    code: str
    zh: str
    en: str
    answer_zh: str
    answer_en: str


class OutcomeOut(Out):
    """An outcome of a contact. `needs`: fields of a report without which it is refused; `allows`: those that may be there.

    `reached`: what the field `reached` must be, null where it may be either. `success_claim`: an order in billing has to confirm
    it. `ends`: nothing is left to do for the work order. `channels`: those by which it can come about.
    """

    code: str
    zh: str
    en: str
    reached: bool | None
    success_claim: bool
    ends: bool
    channels: list[str]
    needs: list[str]
    allows: list[str]
    objections: list[ObjectionOut]


class FieldOut(Out):
    """A field of the customer's data for which a report may propose another value (`proposals`)."""

    code: str
    zh: str
    en: str


# Both are the same as long as this process lives.
_OUTCOMES = TypeAdapter(list[OutcomeOut]).dump_json([OutcomeOut.model_validate(outcome) for outcome in OUTCOMES.values()])
_ETAG = f'"{hashlib.sha256(_OUTCOMES).hexdigest()}"'


@router.get("/outcomes", response_model=list[OutcomeOut], responses={304: {"description": "You hold it."}})
def outcomes(_: TerminalManager, if_none_match: IfNoneMatch = None) -> Response:
    """What can come of a contact, in the order in which to show it."""
    headers = {"ETag": _ETAG, "Cache-Control": "private, no-cache"}
    known = holds(if_none_match, _ETAG)
    return Response(None if known else _OUTCOMES, 304 if known else 200, headers, media_type="application/json")


@router.get("/correctable-fields")
def correctable_fields(_: TerminalManager) -> list[FieldOut]:
    """What of a customer a report may propose to correct."""
    return [FieldOut.model_validate(field) for field in CORRECTABLE.values()]
