"""The figures that customers have, in words: what a rule can speak of."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.core import clock
from app.ingest.kinds import FigureKind
from app.ingest.partition_queries import files_before
from app.scoring.assembling import kinds_of
from app.scoring.dictionary import Word, word_of
from app.scoring.word_queries import own_words


@dataclass(frozen=True)
class FigureRow:
    """A figure: `kind` is text or number (true and false are numbers)."""

    feature: str
    kind: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str


def list_figures(session: Session, *, now: datetime) -> list[FigureRow]:
    """Every figure that some customer has, by name."""
    kinds = kinds_of(files_before(session, clock.local_date(now)))
    words = own_words(session)
    return [_row(name, kind, words) for name, kind in sorted(kinds.items()) if kind is not FigureKind.EMPTY]


def _row(name: str, kind: FigureKind, words: dict[str, Word]) -> FigureRow:
    word = word_of(name, words)
    return FigureRow(name, "text" if kind is FigureKind.TEXT else "number", word.zh, word.en, word.unit_zh, word.unit_en)
