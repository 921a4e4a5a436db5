"""Reads of the words for features and of what to say about a product."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.centre import FeatureWord, TalkTrack
from app.scoring.dictionary import Word, word_of
from app.scoring.words import Line, Vocabulary


def vocabulary_of(session: Session, product_id: int) -> Vocabulary:
    """In which words a product's reasons are said."""
    return Vocabulary(own_words(session), talk_tracks_of(session, product_id))


def own_words(session: Session) -> dict[str, Word]:
    """The operator's words by feature; where there is no value, ours say so."""
    rows = session.scalars(select(FeatureWord).order_by(FeatureWord.feature))
    return {
        row.feature: replace(
            word_of(row.feature, {}), zh=row.name_zh, en=row.name_en, unit_zh=row.unit_zh or "", unit_en=row.unit_en or ""
        )
        for row in rows
    }


def talk_tracks_of(session: Session, product_id: int) -> dict[str, Line]:
    """What to say about a product, by the feature that speaks for it; without the one for everybody."""
    statement = select(TalkTrack.feature, TalkTrack.text_zh, TalkTrack.text_en)
    found = session.execute(
        statement.where(TalkTrack.product_id == product_id, TalkTrack.feature.is_not(None)).order_by(TalkTrack.feature)
    )
    return {feature: Line(zh, en) for feature, zh, en in found if feature}
