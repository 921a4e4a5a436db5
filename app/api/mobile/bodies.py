"""Reading a batch whose items may be anything: only the envelope is judged as a whole."""

import json
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from app.api.mobile.schemas import FeedbackIn
from app.core.errors import Invalid

_LONGEST_INTEGER = 40


def _integer(digits: str) -> int | float:
    """An integer, or infinity where it is so long that Python refuses to read it: that is the item's fault alone."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float("inf")


async def read_batch(request: Request) -> FeedbackIn:
    """The envelope, with its items as decoded JSON; raises Invalid for no JSON, RequestValidationError for a wrong envelope."""
    raw = await request.body()
    try:
        body: Any = json.loads(raw, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise Invalid("body", "JSON") from error
    try:
        return FeedbackIn.model_validate(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in found]) from error
