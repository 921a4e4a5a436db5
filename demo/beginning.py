"""The beginning of the demo: the town, its import, its logins, the ranking, the campaign and its dispatch."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import queries as access
from app.access.service import create_account, find_person
from app.campaigns import queries as campaigns
from app.campaigns.lifecycle import Verb, next_status
from app.campaigns.options import CampaignOptions
from app.campaigns.planning import create_campaign
from app.campaigns.sampling.drawing import draw_sample
from app.campaigns.service import run_campaign, schedule_campaign
from app.core import clock
from app.dispatch.preview.approving import approve_plan, submit_plan
from app.dispatch.preview.capacity_map import measure_capacity
from app.dispatch.service import dispatch_campaign
from app.ingest.service import declare_complete, import_feed
from app.models.organisation import Role, Staff
from app.scoring.promotion import promote_ranker
from app.scoring.ranking import rank_customers
from app.scoring.training import train_ranker
from demo.office import Office, Tick, at, restart_customer_ids
from demo.town import FEEDS, make_town, write_extract
from demo.truth import MAIN

AT_MONTH_END = ("base_points",)  # what payroll's old scheme tells once the month is over
PAYROLL = "payroll"
PLANNER, APPROVER = "SYN-PLAN", "SYN-ADMIN"
STEPS = {
    Verb.SUBMIT: (PLANNER, submit_plan),
    Verb.APPROVE: (APPROVER, approve_plan),
    Verb.SCHEDULE: (PLANNER, schedule_campaign),
    Verb.RUN: (PLANNER, run_campaign),
}
TALK_TRACK = "先问上网体验,再说提速500M:首月免费,随时可退。(合成数据 synthetic)"


def write_town(office: Office) -> dict[str, Any]:
    """Make the extract of the synthetic town and write it as the operator's systems would."""
    memory, sizes = office.memory, office.memory.sizes
    month = memory.played
    with office.bar("Making the synthetic town", len(FEEDS) + 1) as tick:
        town = make_town(
            seed=memory.seed,
            month=(month.year, month.number),
            branches=sizes.branches,
            grids=sizes.grids,
            managers=sizes.managers,
            customers=sizes.customers,
        )
        tick()
        write_extract(town, office.town, step=lambda _: tick())
    return {"rows": {feed: frame.height for feed, frame in town.feeds.items()}}


def import_town(office: Office) -> dict[str, Any]:
    """Import every feed but those of the month's end, as it was known on the morning of the first day."""
    feeds = [feed for feed in FEEDS if feed not in AT_MONTH_END]
    restart_customer_ids(office)
    rows = office.memory.result("town")["rows"]
    with clock.shifted_to(at(office.first_day, 4)), office.bar("Importing the feeds", sum(rows[feed] for feed in feeds)) as tick:
        return {feed: import_file(office, feed, f"{feed}.csv", progress=tick) for feed in feeds}


def _ignore(_: int) -> None:
    pass


def import_file(
    office: Office, feed: str, name: str, *, complete: tuple[date, date] | None = None, progress: Tick = _ignore
) -> Any:
    """Apply one file of the town's folder, as `gridwork import FEED FILE` does."""

    def work(session: Session, now: datetime) -> Mapping[str, Any]:
        path = office.town / name
        counts = import_feed(session, feed=feed, path=path, file_name=path.name, now=now, progress=progress).counts
        if complete is not None:
            declare_complete(session, feed=feed, first=complete[0], last=complete[1], now=now)
        return counts

    return office.run(f"import-{feed}", work)


def give_logins(office: Office) -> dict[str, int]:
    """An account for each person, whose login is the staff number, and one for the payroll system."""

    def work(session: Session, now: datetime) -> dict[str, int]:
        people = list(session.scalars(select(Staff.staff_no).order_by(Staff.staff_no)))
        with office.bar("Giving everybody a login", len(people) + 1) as tick:
            for staff_no in [*people, None]:
                _give_login(session, staff_no, office.memory.password, now)
                tick()
        return {"accounts": len(people) + 1}

    with clock.shifted_to(at(office.first_day, 4, 30)):
        return office.run("create-accounts", work)


def _give_login(session: Session, staff_no: str | None, password: str, now: datetime) -> None:
    login = staff_no or PAYROLL
    if access.find_account(session, login) is None:
        role = None if staff_no else Role.PAYROLL
        create_account(session, login=login, password=password, staff_no=staff_no, service_role=role, now=now)


def train_and_rank(office: Office) -> dict[str, Any]:
    """Learn from the half year before, and rank every customer by what is known on the first day."""

    def train(session: Session, now: datetime) -> dict[str, Any]:
        version = train_ranker(session, product_code=MAIN, now=now)
        return {"ranker": version.number, "metrics": version.metrics}

    def promote(session: Session, now: datetime) -> dict[str, Any]:
        number = trained["ranker"]
        return {"champion": promote_ranker(session, product_code=MAIN, number=number, promoted_by="demo", now=now).number}

    with clock.shifted_to(at(office.first_day, 5)), office.bar("Training and ranking", 2) as tick:
        trained = office.run("train", train)
        office.run("promote", promote)
        tick()
        ranked = rank(office)
        tick()
    return trained | ranked


def rank(office: Office) -> dict[str, Any]:
    """Rank every customer as of today; so many keep their reasons that every work order will show some."""
    top = office.memory.sizes.customers // 2
    return office.run("rank", lambda session, now: rank_customers(session, product_code=MAIN, top=top, now=now))


def campaign_code(office: Office) -> str:
    """The code of the campaign that is played."""
    return f"DEMO-{MAIN}-{office.memory.month}"


def dispatch_first(office: Office) -> dict[str, Any]:
    """The campaign of the played weeks, from the plan to the phones."""
    last = office.day(office.memory.sizes.days)
    with clock.shifted_to(at(office.first_day, 6)):
        return launch(office, campaign_code(office), "五百兆提速 (synthetic)", last, office.memory.sizes.list_size)


def launch(office: Office, code: str, name: str, last: date, list_size: int) -> dict[str, Any]:
    """Plan, submit, approve, schedule, run and dispatch a campaign from today to `last`, each where it is not done yet."""
    options = CampaignOptions(
        code=code,
        name=name,
        product_code=MAIN,
        starts_on=clock.local_date(clock.now()),
        ends_on=last,
        list_size=list_size,
        talk_track=TALK_TRACK,
        seed=office.memory.seed,
    )
    with office.bar("Approving and dispatching the list", len(STEPS) + 2) as tick:
        office.run("create-campaign", partial(_create, options))
        tick()
        for verb, step in STEPS.items():
            office.run(f"{verb.value}-campaign", partial(_take, verb, step, code))
            tick()
        found = office.run("dispatch", lambda session, now: dispatch_campaign(session, campaign_code=code, now=now))
        tick()
    return found


def _create(options: CampaignOptions, session: Session, now: datetime) -> dict[str, Any]:
    if campaigns.find_campaign(session, options.code) is None:
        create_campaign(session, options=options, by=find_person(session, login=PLANNER, now=now), now=now)
    return {"campaign": options.code}


def _take(verb: Verb, step: tuple[str, Any], code: str, session: Session, now: datetime) -> dict[str, Any]:
    """A step of the campaign's life by the person who takes it, where it is not taken yet."""
    login, service = step
    if next_status(campaigns.get_campaign(session, code).status, verb) is None:
        return {}
    service(session, campaign_code=code, by=find_person(session, login=login, now=now), now=now)
    return {verb.value: code}


def dispatch_now(office: Office) -> dict[str, Any]:
    """A small campaign of the real today, so that every phone has open work orders while the demo serves."""
    today = clock.local_date(clock.now())
    rank(office)
    size = 15 * office.memory.sizes.managers
    found = launch(office, f"DEMO-{MAIN}-{today}", "今日提速 (synthetic)", today + timedelta(days=13), size)
    office.run("draw-sample", lambda session, now: draw_sample(session, now=now))
    office.run("measure-capacity", lambda session, now: measure_capacity(session, now=now))
    return found | {"until": (today + timedelta(days=13)).isoformat()}
