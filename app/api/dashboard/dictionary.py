"""What people call the features, and what is said about products."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from app.api.deps import Now, PlannerOrAnalyst, SessionDep
from app.api.types import In, LongText, Out, ShortText
from app.centre import queries, service
from app.centre.definitions import FeatureWords, TalkTrackText
from app.centre.figure_list import list_figures

router = APIRouter(prefix="/dashboard/v1", tags=["dashboard"])

Line = Annotated[LongText, StringConstraints(min_length=1)]


class WordsIn(In):
    """What people call a feature; units may be left out."""

    feature: ShortText
    name_zh: ShortText
    name_en: ShortText
    unit_zh: ShortText | None = None
    unit_en: ShortText | None = None


class WordsListIn(In):
    """Words to keep; those of other features stay."""

    items: list[WordsIn] = Field(min_length=1, max_length=1_000)


class WordsOut(Out):
    """What people call a feature."""

    feature: str
    name_zh: str
    name_en: str
    unit_zh: str | None
    unit_en: str | None


class WordsListOut(Out):
    """By feature."""

    items: list[WordsOut]


class LineIn(In):
    """What to say about a product to whom this feature speaks for it; without a feature, to everybody."""

    product_code: ShortText
    feature: ShortText | None = None
    text_zh: Line
    text_en: Line


class LinesIn(In):
    """Lines to keep; others stay."""

    items: list[LineIn] = Field(min_length=1, max_length=1_000)


class LineOut(Out):
    """What to say about a product."""

    product_code: str
    feature: str | None
    text_zh: str
    text_en: str


class LinesOut(Out):
    """By product; what is for everybody comes first."""

    items: list[LineOut]


class FigureOut(Out):
    """A figure of customers that a rule can speak of; `kind` is number or text."""

    feature: str
    kind: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str


class FiguresOut(Out):
    """By name."""

    items: list[FigureOut]


class KeptOut(Out):
    """How many were kept."""

    kept: int


@router.get("/customer-figures")
def show_figures(_: PlannerOrAnalyst, session: SessionDep, now: Now) -> FiguresOut:
    """The figures that customers have, in words: what the rule of a tag can speak of."""
    return FiguresOut.model_validate({"items": list_figures(session, now=now)})


@router.get("/feature-words")
def list_feature_words(_: PlannerOrAnalyst, session: SessionDep) -> WordsListOut:
    """The operator's own words; features without one are said in built-in words or by their name."""
    return WordsListOut.model_validate({"items": queries.feature_words(session)})


@router.put("/feature-words")
def describe_features(body: WordsListIn, _: PlannerOrAnalyst, session: SessionDep) -> KeptOut:
    """Say what features are called, from the next ranking on."""
    kept = service.describe_features(session, words=[FeatureWords(**item.model_dump()) for item in body.items])
    return KeptOut(kept=kept["features"])


@router.get("/talk-tracks")
def list_talk_tracks(_: PlannerOrAnalyst, session: SessionDep) -> LinesOut:
    """What is said about products."""
    return LinesOut.model_validate({"items": queries.talk_tracks(session)})


@router.put("/talk-tracks")
def set_talk_tracks(body: LinesIn, _: PlannerOrAnalyst, session: SessionDep) -> KeptOut:
    """Say what is to be said; a feature's line goes out with the next ranking, a product's at once."""
    kept = service.set_talk_tracks(session, lines=[TalkTrackText(**item.model_dump()) for item in body.items])
    return KeptOut(kept=kept["talk_tracks"])
