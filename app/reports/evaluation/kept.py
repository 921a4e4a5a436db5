"""Kept evaluations as people see them: the list of evaluated campaigns, one of them whole, its versions, and a programme."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from app.campaigns.queries import find_campaign
from app.core.errors import NotFound
from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.core.security import Principal
from app.evaluation.programme import sum_up
from app.evaluation.queries import UnknownEvaluation, get_evaluation
from app.models.campaign import Campaign, Product
from app.models.evaluation import CampaignEvaluation, EvaluatedManager
from app.models.organisation import Account, Staff, Unit
from app.reports.evaluation.views import EvaluatedRow, EvaluationView, ManagerRow, ProgrammeView, VersionRow
from app.reports.evaluation.words import words_of

_LIST = "evaluations"


class UnknownProgramme(NotFound):
    """No campaign of such a programme was evaluated."""

    code = "evaluation.programme_unknown"


def evaluation_page(session: Session, *, reader: Principal, secret: str, cursor: str | None, limit: int) -> Page[EvaluatedRow]:
    """A page of evaluated campaigns, newest evaluation first. Raises WrongCursor, Invalid for a wrong limit."""
    size = clamp_page_size(limit)
    statement = _newest(reader).order_by(CampaignEvaluation.id.desc()).limit(size + 1)
    if cursor is not None:
        statement = statement.where(CampaignEvaluation.id < read_cursor(secret, _LIST, cursor))
    rows = session.execute(statement).all()
    found = [_row(*row) for row in rows[:size]]
    return Page(found, write_cursor(secret, _LIST, rows[size - 1][0].id) if len(rows) > size else None)


def all_evaluated(session: Session) -> list[EvaluatedRow]:
    """Every evaluated campaign, newest evaluation first."""
    return [_row(*row) for row in session.execute(_newest(None).order_by(CampaignEvaluation.id.desc()))]


def evaluation_view(session: Session, *, code: str, number: int | None = None, reader: Principal | None = None) -> EvaluationView:
    """One evaluation, None: the newest; reader None: the operator. Raises UnknownEvaluation."""
    campaign = _visible_campaign(session, code, reader)
    kept = get_evaluation(session, campaign, number)
    product = session.get_one(Product, campaign.product_id)
    unit = None if campaign.unit_id is None else session.get_one(Unit, campaign.unit_id)
    newest = select(func.max(CampaignEvaluation.number)).where(CampaignEvaluation.campaign_id == campaign.id)
    login = select(Account.login).where(Account.id == kept.account_id)
    return EvaluationView(
        code=campaign.code,
        name=campaign.name,
        product_code=product.product_code,
        product_name=product.name,
        product_family=campaign.product_family,
        programme=campaign.programme,
        unit_code=None if unit is None else unit.code,
        starts_on=campaign.starts_on,
        ends_on=campaign.ends_on,
        status=campaign.status.value,
        number=kept.number,
        newest=session.scalars(newest).one() or kept.number,
        computed_at=kept.computed_at,
        login=None if kept.account_id is None else session.scalar(login),
        comment=kept.comment,
        is_final=kept.is_final,
        bounds=kept.bounds,
        figures=kept.figures,
        difference=kept.difference,
        words=words_of(kept.figures),
        managers=_managers(session, kept.id, reader),
    )


def evaluation_versions(session: Session, *, code: str, reader: Principal) -> list[VersionRow]:
    """The versions of a campaign's evaluation, newest first. Raises UnknownEvaluation."""
    campaign = _visible_campaign(session, code, reader)
    kept = CampaignEvaluation
    statement = (
        select(kept.number, kept.computed_at, Account.login, kept.comment, kept.is_final, kept.difference)
        .outerjoin(Account, Account.id == kept.account_id)
        .where(kept.campaign_id == campaign.id)
        .order_by(kept.number.desc())
    )
    return [
        VersionRow(number, at, login, comment, is_final, (since or {}).get("late"), (since or {}).get("gone"))
        for number, at, login, comment, is_final, since in session.execute(statement)
    ]


def programme_view(session: Session, *, programme: str, reader: Principal | None = None) -> ProgrammeView:
    """A programme from the newest evaluation of each of its campaigns that the reader may see. Raises UnknownProgramme."""
    rows = session.execute(_newest(reader).where(Campaign.programme == programme).order_by(Campaign.code)).all()
    if not rows:
        raise UnknownProgramme(f"programme: no campaign of a programme {programme} was evaluated")
    return ProgrammeView(programme, sum_up([kept.figures for kept, *_ in rows]), [_row(*row) for row in rows])


def _newest(reader: Principal | None) -> Select[CampaignEvaluation, Campaign, Product]:
    kept, newer = CampaignEvaluation, aliased(CampaignEvaluation)
    is_newest = ~exists().where(newer.campaign_id == kept.campaign_id, newer.number > kept.number)
    statement = select(kept, Campaign, Product).join(Campaign, Campaign.id == kept.campaign_id)
    return statement.join(Product, Product.id == Campaign.product_id).where(is_newest, _visible_to(reader))


def _visible_to(reader: Principal | None) -> ColumnElement[bool]:
    """Campaigns of the company and of the own branch; who acts for the company sees all."""
    if reader is None or reader.scope == "all":
        return true()
    branch = select(Unit.parent_id).where(Unit.id == reader.unit_id).scalar_subquery()
    return or_(Campaign.unit_id.is_(None), Campaign.unit_id == reader.unit_id, Campaign.unit_id == branch)


def _visible_campaign(session: Session, code: str, reader: Principal | None) -> Campaign:
    campaign = find_campaign(session, code)
    seen = select(Campaign.id).where(Campaign.code == code, _visible_to(reader))
    if campaign is None or session.scalar(seen) is None:
        raise UnknownEvaluation(f"code: there is no evaluation of a campaign {code}")
    return campaign


def _managers(session: Session, evaluation_id: int, reader: Principal | None) -> list[ManagerRow]:
    statement = (
        select(EvaluatedManager, Staff.staff_no, Staff.name, Unit.code)
        .join(Staff, Staff.id == EvaluatedManager.staff_id)
        .join(Unit, Unit.id == EvaluatedManager.grid_id)
        .where(EvaluatedManager.evaluation_id == evaluation_id)
    )
    if reader is not None and reader.scope != "all":
        statement = statement.where(EvaluatedManager.grid_id.in_(reader.grid_ids))
    names = ("orders", "successes", "expected", "index", "low", "high", "verdict")
    rows = session.execute(statement.order_by(EvaluatedManager.index.desc(), Staff.staff_no))
    return [ManagerRow(staff_no, name, grid, *(getattr(one, key) for key in names)) for one, staff_no, name, grid in rows]


def _row(kept: CampaignEvaluation, campaign: Campaign, product: Product) -> EvaluatedRow:
    figures = kept.figures
    stages: Sequence[dict[str, Any]] = figures["funnel"]["stages"]
    names = ("difference", "low", "high", "sales", "sales_low", "sales_high", "verdict")
    return EvaluatedRow(
        code=campaign.code,
        name=campaign.name,
        product_code=product.product_code,
        product_name=product.name,
        programme=campaign.programme,
        starts_on=campaign.starts_on,
        ends_on=campaign.ends_on,
        number=kept.number,
        computed_at=kept.computed_at,
        is_final=kept.is_final,
        targets=stages[0]["count"],
        successes=figures["success"]["successes"],
        success_rate=figures["success"]["rate"],
        effect={name: figures["effect"][name] for name in names},
        ratio_alarms=figures["ratio"]["alarms"],
        cost=figures["money"]["cost"],
        gross_return=figures["money"]["gross_return"],
        incremental_return=figures["money"]["incremental_return"],
    )
