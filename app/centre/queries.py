"""Reads of tags, their members, feature words and talk tracks."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session, aliased

from app.core.errors import NotFound
from app.models.campaign import Product
from app.models.centre import CustomerTag, FeatureWord, TagDefinition, TalkTrack
from app.models.customer import Customer
from app.models.organisation import Unit


class UnknownTag(NotFound):
    """There is no tag with this code in use."""

    code = "tag.unknown"


@dataclass(frozen=True)
class TagRow:
    """A tag as it is defined now. `member_count` is of `computed_at`; `problem` says why it could not be computed since."""

    id: int
    code: str
    version: int
    name_zh: str
    name_en: str
    rule: dict[str, Any]
    owner: str
    created_at: datetime
    computed_at: datetime | None
    member_count: int | None
    problem: str | None


def tags_in_use(session: Session) -> list[TagRow]:
    """Every tag that is not retired, by code."""
    statement = select(TagDefinition).where(TagDefinition.retired_at.is_(None)).order_by(TagDefinition.code)
    return [_row(found) for found in session.scalars(statement)]


def get_tag(session: Session, code: str) -> TagRow:
    """The tag in use with this code; raises UnknownTag."""
    found = find_definition(session, code)
    if found is None:
        raise UnknownTag(f"code: there is no tag {code}")
    return _row(found)


def find_definition(session: Session, code: str) -> TagDefinition | None:
    """The version in use, as it is now."""
    statement = select(TagDefinition).where(TagDefinition.code == code, TagDefinition.retired_at.is_(None))
    return session.scalar(statement.order_by(TagDefinition.id).execution_options(populate_existing=True))


def last_version(session: Session, code: str) -> int:
    """The highest version of a tag, retired ones too; 0 where there never was one."""
    return session.scalars(select(func.coalesce(func.max(TagDefinition.version), 0)).where(TagDefinition.code == code)).one()


def versions_of(session: Session, code: str) -> list[TagDefinition]:
    """Every version of a tag, retired ones too, newest first; raises UnknownTag where there never was one."""
    statement = select(TagDefinition).where(TagDefinition.code == code).order_by(TagDefinition.version.desc())
    found = list(session.scalars(statement))
    if not found:
        raise UnknownTag(f"code: there is no tag {code}")
    return found


def version_ids(session: Session, code: str) -> list[int]:
    """All versions of a tag, oldest first."""
    return list(session.scalars(select(TagDefinition.id).where(TagDefinition.code == code).order_by(TagDefinition.id)))


def lock_in_use(session: Session, tag_ids: Collection[int]) -> list[TagDefinition]:
    """Those of these versions that are still in use, locked until the end of the transaction."""
    statement = select(TagDefinition).where(TagDefinition.id.in_(tag_ids), TagDefinition.retired_at.is_(None))
    ordered = statement.order_by(TagDefinition.id).with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(ordered))


def members_of(session: Session, code: str) -> list[Row[str, str, date]]:
    """(customer number, grid code, since) of those who bear a tag, by number."""
    statement = (
        select(Customer.customer_no, Unit.code.label("grid_code"), CustomerTag.since)
        .join(CustomerTag, CustomerTag.customer_id == Customer.id)
        .join(TagDefinition, TagDefinition.id == CustomerTag.tag_id)
        .join(Unit, Unit.id == Customer.grid_id)
    )
    return list(session.execute(statement.where(TagDefinition.code == code).order_by(Customer.customer_no)))


def members_by_branch(session: Session, code: str) -> dict[str, int]:
    """How many bear a tag, by the code of their branch."""
    grid, branch = aliased(Unit), aliased(Unit)
    code_of = func.coalesce(branch.code, grid.code)
    statement = (
        select(code_of, func.count())
        .select_from(CustomerTag)
        .join(TagDefinition, TagDefinition.id == CustomerTag.tag_id)
        .join(Customer, Customer.id == CustomerTag.customer_id)
        .join(grid, grid.id == Customer.grid_id)
        .outerjoin(branch, branch.id == grid.parent_id)
    )
    rows = session.execute(statement.where(TagDefinition.code == code).group_by(code_of).order_by(code_of))
    return {branch_code: count for branch_code, count in rows}  # noqa: C416 - rows are not pairs to a type checker


def product_ids(session: Session) -> dict[str, int]:
    """Every product's id by its code."""
    rows = session.execute(select(Product.product_code, Product.id).order_by(Product.id))
    return {row.product_code: row.id for row in rows}


def feature_words(session: Session) -> list[FeatureWord]:
    """The operator's words, by feature."""
    return list(session.scalars(select(FeatureWord).order_by(FeatureWord.feature)))


def talk_tracks(session: Session) -> list[Row[*tuple[Any, ...]]]:
    """(product code, feature, zh, en) of what to say, by product; of a product what is for everybody comes first."""
    statement = select(Product.product_code, TalkTrack.feature, TalkTrack.text_zh, TalkTrack.text_en)
    ordered = statement.join(TalkTrack, TalkTrack.product_id == Product.id)
    return list(session.execute(ordered.order_by(Product.product_code, TalkTrack.feature.nulls_first())))


def _row(found: TagDefinition) -> TagRow:
    return TagRow(**{name: getattr(found, name) for name in TagRow.__dataclass_fields__})
