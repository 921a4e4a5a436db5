"""Answers of which a part may have been refused: what they say of it, in Chinese too."""

from typing import TYPE_CHECKING

from pydantic import computed_field

from app.api.chinese.saying import say_failure, say_phrase, say_refusal
from app.api.types import Out


class Refusable(Out):
    """What came of one of many: where it was refused, `detail` says why in English and `detail_zh` in Chinese."""

    if TYPE_CHECKING:
        code: str | None
        detail: str | None

    @computed_field
    def detail_zh(self) -> str | None:
        """As `detail`."""
        return None if self.code is None else say_refusal(self.code, self.detail or "")


class Failable(Out):
    """What runs by itself: where it failed, `error` says why in English, and `error_zh` in Chinese if it was refused by us."""

    if TYPE_CHECKING:
        error: str | None

    @computed_field
    def error_zh(self) -> str | None:
        """As `error`."""
        return say_failure(self.error)


class Uncomputable(Out):
    """What a rule says: where it cannot be computed, `problem` says why in English and `problem_zh` in Chinese."""

    if TYPE_CHECKING:
        problem: str | None

    @computed_field
    def problem_zh(self) -> str | None:
        """As `problem`."""
        return None if self.problem is None else say_phrase(self.problem)
