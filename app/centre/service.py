"""The tag library, the words for features and the talk tracks: what people define."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.centre import queries
from app.centre.definitions import FeatureWords, TagOptions, TalkTrackText
from app.centre.queries import TagRow, UnknownTag
from app.core.errors import Invalid
from app.models.centre import CustomerTag, FeatureWord, TagDefinition, TalkTrack


def define_tag(session: Session, *, options: TagOptions, now: datetime) -> TagRow:
    """Define a tag, or a new version of it; the one before is retired. The same again changes nothing.

    Members are those of the version before until the tag is computed. `options` are checked when they are made.
    """
    values = {name: getattr(options, name) for name in TagOptions.__dataclass_fields__}
    before = queries.find_definition(session, options.code)
    if before is not None and all(getattr(before, name) == value for name, value in values.items()):
        return queries.get_tag(session, options.code)
    if before is not None:
        before.retired_at = now
        session.flush()  # at no moment two versions in use
    version = queries.last_version(session, options.code) + 1
    counted = before.member_count if before is not None else None
    session.add(TagDefinition(**values, version=version, created_at=now, member_count=counted))
    session.flush()
    return queries.get_tag(session, options.code)


def define_tags(session: Session, *, definitions: Iterable[TagOptions], now: datetime) -> dict[str, int]:
    """Define several tags, all or none. Returns the version of each."""
    return {options.code: define_tag(session, options=options, now=now).version for options in definitions}


def retire_tag(session: Session, *, code: str, now: datetime) -> dict[str, int]:
    """Take a tag out of use; nobody bears it any more. Raises UnknownTag."""
    found = queries.find_definition(session, code)
    if found is None:
        raise UnknownTag(f"code: there is no tag {code}")
    found.retired_at = now
    session.flush()
    versions = queries.version_ids(session, code)
    removed = session.execute(delete(CustomerTag).where(CustomerTag.tag_id.in_(versions)).returning(CustomerTag.tag_id))
    return {"version": found.version, "members_removed": len(removed.all())}


def describe_features(session: Session, *, words: Iterable[FeatureWords]) -> dict[str, int]:
    """Keep the operator's words for features; those of other features stay."""
    rows = {word.feature: {name: getattr(word, name) for name in FeatureWords.__dataclass_fields__} for word in words}
    if rows:
        statement = insert(FeatureWord)
        changed = {name: statement.excluded[name] for name in FeatureWords.__dataclass_fields__ if name != "feature"}
        session.execute(statement.on_conflict_do_update(index_elements=["feature"], set_=changed), list(rows.values()))
    return {"features": len(rows)}


def set_talk_tracks(session: Session, *, lines: Iterable[TalkTrackText]) -> dict[str, int]:
    """Keep what to say about products; other lines stay. Raises Invalid for a product that is not there."""
    known = queries.product_ids(session)
    rows: dict[tuple[int, str | None], Mapping[str, Any]] = {}
    for line in lines:
        if line.product_code not in known:
            raise Invalid("product_code", f"the code of a product, got {line.product_code}")
        key = (known[line.product_code], line.feature)
        rows[key] = {"product_id": key[0], "feature": line.feature, "text_zh": line.text_zh, "text_en": line.text_en}
    if rows:
        statement = insert(TalkTrack)
        changed = {name: statement.excluded[name] for name in ("text_zh", "text_en")}
        ordered = statement.on_conflict_do_update(index_elements=["product_id", "feature"], set_=changed)
        session.execute(ordered, list(rows.values()))
    return {"talk_tracks": len(rows)}
