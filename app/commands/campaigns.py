"""Commands about campaigns: plan, change, compare, list, explain. Their life is in `campaign_life.py`."""

import json
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.access.service import find_person
from app.campaigns import planning
from app.campaigns.options import CampaignOptions
from app.campaigns.plan_content import content_of, options_from
from app.campaigns.queries import get_campaign
from app.commands.context import console, run, sessions, settings
from app.core import clock
from app.core.errors import Invalid
from app.dispatch.explaining.explanation import Explanation, explain_customer
from app.dispatch.run.balance import WATERFALL
from app.jobs.runner import in_transaction
from app.reports.campaigns import CampaignReport, all_campaigns, campaign_diff

Code = Annotated[str, typer.Argument(help="code of the campaign")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("create-campaign")(create_campaign)
    app.command("change-campaign")(change_campaign)
    app.command("show-plan")(show_plan)
    app.command("diff")(diff)
    app.command("campaigns")(campaigns)
    app.command("explain")(explain)


def create_campaign(
    code: Code,
    product: Annotated[str, typer.Option("--product", help="code of the product")],
    starts_on: Annotated[str, typer.Option("--from", metavar="DATE", help="first day of the window")],
    ends_on: Annotated[str, typer.Option("--to", metavar="DATE", help="last day of the window")],
    name: Annotated[str | None, typer.Option(help="default: the code")] = None,
    list_size: Annotated[int | None, typer.Option(help="customers to contact")] = None,
    minimum_score: Annotated[float | None, typer.Option(help="instead of a size: everybody from this score up")] = None,
    control_share: Annotated[str, typer.Option(help="share kept without contact")] = "0.05",
    exploration_share: Annotated[str, typer.Option(help="share drawn at random")] = "0.02",
    rest_days: Annotated[int, typer.Option(help="days since the last contact for the family")] = 30,
    attribution_days: Annotated[int | None, typer.Option(help="default: the product's")] = None,
    maturity_days: Annotated[int | None, typer.Option(help="default: the product's")] = None,
    channel: Annotated[str, typer.Option(help="call, visit or sms")] = "call",
    talk_track: Annotated[str, typer.Option(help="what to say")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="only customers who bear it; may be given again")] = None,
    without_tag: Annotated[list[str] | None, typer.Option(help="no customer who bears it; may be given again")] = None,
    unfinished_rule: Annotated[str | None, typer.Option(help="work whose day passed: roll, expire, pool; default: all's")] = None,
    most_rolls: Annotated[int | None, typer.Option(help="days that work may pass unfinished; default: all's")] = None,
    seed: Annotated[int | None, typer.Option(help="default: made from the code")] = None,
    plan: Annotated[Path | None, typer.Option(help="JSON file with further fields of the plan")] = None,
    by: Annotated[str | None, typer.Option(metavar="LOGIN", help="who plans it")] = None,
) -> None:
    """Plan a campaign for a product: a draft. A plan file may say all else, in JSON as `show-plan` prints it."""
    days: dict[str, Any] = {"rest_days": rest_days, "attribution_days": attribution_days, "maturity_days": maturity_days}
    options = CampaignOptions(
        code=code,
        name=name or code,
        product_code=product,
        starts_on=_day("--from", starts_on),
        ends_on=_day("--to", ends_on),
        list_size=list_size,
        minimum_score=minimum_score,
        control_share=_share("--control-share", control_share),
        exploration_share=_share("--exploration-share", exploration_share),
        **days,
        channel=channel,
        talk_track=talk_track,
        unfinished_rule=unfinished_rule,
        most_rolls=most_rolls,
        seed=seed,
        required_tags=tag or (),
        excluded_tags=without_tag or (),
    )
    run("create-campaign", partial(_create, options_from(_read_plan(plan), options), by))


def _create(options: CampaignOptions, by: str | None, session: Session, now: datetime) -> dict[str, Any]:
    who = None if by is None else find_person(session, login=by, now=now)
    campaign = planning.create_campaign(session, options=options, holdout_share=settings().holdout_share, by=who, now=now)
    return {"campaign": campaign.code, "status": campaign.status.value, "seed": campaign.seed}


def change_campaign(
    code: Code,
    plan: Annotated[Path, typer.Argument(help="JSON: the fields to change")],
    by: Annotated[str | None, typer.Option(metavar="LOGIN", help="who changes it")] = None,
    comment: Annotated[str, typer.Option(help="why")] = "",
) -> None:
    """Change the plan of a draft by a file: its next version."""

    def work(session: Session, now: datetime) -> dict[str, Any]:
        who = None if by is None else find_person(session, login=by, now=now)
        options = options_from(_read_plan(plan), planning.plan_of(session, get_campaign(session, code)))
        campaign = planning.change_campaign(session, options=options, by=who, comment=comment, now=now)
        return {"campaign": campaign.code, "status": campaign.status.value, "version": campaign.version}

    run("change-campaign", work)


def show_plan(code: Code) -> None:
    """A campaign's plan as JSON, which `change-campaign` takes."""
    content = in_transaction(sessions(), lambda session: content_of(planning.plan_of(session, get_campaign(session, code))))
    print(json.dumps(content, ensure_ascii=False, indent=2))  # noqa: T201 - to be saved as a file


def diff(
    code: Code,
    before: Annotated[int | None, typer.Option("--from", help="default: the version approved last, else the first")] = None,
    after: Annotated[int | None, typer.Option("--to", help="default: the newest")] = None,
) -> None:
    """What changed in a plan: what an approver has not seen yet, or between any two versions."""
    found = in_transaction(sessions(), lambda session: campaign_diff(session, code=code, before=before, after=after))
    table = Table(title=f"{code}: version {found.before} and version {found.after}")
    for column in ("field", "before", "after"):
        table.add_column(column)
    for change in found.changes:
        table.add_row(change.field, *(json.dumps(value, ensure_ascii=False) for value in (change.before, change.after)))
    console.print(table)


def _read_plan(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Invalid("plan", f"a file of JSON in UTF-8, which {path.name} is not") from error
    if not isinstance(content, dict):
        raise Invalid("plan", "one JSON object of the plan's fields")
    return content


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no JSON")


def campaigns() -> None:
    """All campaigns, and where the customers of their lists ended."""
    found = in_transaction(sessions(), all_campaigns)
    table = Table(title="campaigns")
    for column in ("code", "product", "status", "from", "to", "targets"):
        table.add_column(column, justify="right" if column == "targets" else "left")
    reasons = [reason for reason in ("undecided", *WATERFALL) if any(reason in report.waterfall for report in found)]
    for reason in reasons:
        table.add_column(reason.replace("_", " "), justify="right")
    for report in found:
        table.add_row(*_cells(report), *(f"{report.waterfall.get(reason, 0):,}" for reason in reasons))
    console.print(table)


def explain(
    customer: Annotated[str, typer.Argument(help="number of the customer")],
    campaign: Annotated[str | None, typer.Option(help="code; default: all that concern the customer")] = None,
) -> None:
    """Why (not) this customer, why this manager, why now."""
    found: Explanation = in_transaction(
        sessions(),
        lambda session: explain_customer(session, customer_no=customer, campaign_code=campaign, grid_ids=None, now=clock.now()),
    )
    owner = f", owner {found.owner_staff_no}" if found.owner_staff_no else ", without owner"
    say = console.print
    say(f"Customer {found.customer_no}, grid {found.grid_code}{owner}", markup=False)
    for refusal in found.refusals:
        say(f"  refuses {refusal.scope} since {refusal.recorded_at:%Y-%m-%d}", markup=False)
    for held in found.holdings:
        say(f"  holds {held.product_code} ({held.family}) from {held.from_date} to {held.to_date or 'today'}", markup=False)
    for contact in found.last_contacts:
        say(f"  contacted {contact.contacted_at:%Y-%m-%d} for {contact.family}: {contact.outcome or 'unknown'}", markup=False)
    for standing in found.campaigns:
        say(f"\n{standing.campaign_code} ({standing.campaign_name}, {standing.status})", markup=False)
        for sentence in standing.sentences:
            say(f"  {sentence}", markup=False)
    if not found.campaigns:
        say("No campaign concerns this customer.")


def _cells(report: CampaignReport) -> list[str]:
    campaign = report.campaign
    days = [str(campaign.starts_on), str(campaign.ends_on)]
    return [campaign.code, campaign.product_code, campaign.status, *days, f"{report.targets:,}"]


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(option, "a day as YYYY-MM-DD") from error


def _share(option: str, text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise Invalid(option, "a share from 0 to below 1") from error
