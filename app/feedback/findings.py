"""What a manager found out beside the outcome: the customer's competitor, and master data that are wrong (pure)."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from app.feedback.values import Code, Day, Money, Sentence, Words
from app.ingest.phones import normalise_phone

MOST_PEOPLE = 30


@dataclass(frozen=True)
class CorrectableField:
    """A field of the household or the contact that a manager may propose another value for, in Chinese and English."""

    code: str
    zh: str
    en: str


CORRECTABLE = {
    field.code: field
    for field in (
        CorrectableField("name", "客户姓名", "name"),
        CorrectableField("phone", "联系电话", "phone number"),
        CorrectableField("address", "地址", "address"),
        CorrectableField("contact_person", "联系人", "whom to ask for"),
        CorrectableField("best_time", "方便的时间", "when to call"),
        CorrectableField("household_size", "家庭人数", "people in the household"),
    )
}


class Competitor(BaseModel):
    """What the customer has from another operator; `ends_on`: the last day of that contract."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    operator: Words
    monthly_price: Money | None = None
    ends_on: Day | None = None


def _correctable(value: str) -> str:
    if value not in CORRECTABLE:
        raise ValueError(f"expected one of {', '.join(CORRECTABLE)}")
    return value


class Proposal(BaseModel):
    """That a field of the customer's master data should hold another value. Its owner decides; nothing is overwritten."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    field: Annotated[Code, AfterValidator(_correctable)] = Field(description="one of GET /mobile/v1/correctable-fields")
    value: Sentence

    @field_validator("value")
    @classmethod
    def _fits(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("field") == "phone" and not _is_phone(value):
            raise ValueError("expected a phone number such as 13912345678 or 022-12345678")
        if info.data.get("field") == "household_size" and not _is_count(value):
            raise ValueError(f"expected a number from 1 to {MOST_PEOPLE}")
        return value


def _is_phone(value: str) -> bool:
    try:
        return normalise_phone(value) is not None
    except ValueError:
        return False


def _is_count(value: str) -> bool:
    return bool(re.fullmatch("[1-9][0-9]?", value, re.ASCII)) and int(value) <= MOST_PEOPLE
