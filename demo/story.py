"""The demo from the first to the last step; each is remembered, so that a second run starts where the first stopped."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import func, select

from app.core import clock
from app.dispatch.queries import LIVE_STATES
from app.models.organisation import Role, Staff
from app.models.work_order import WorkOrder
from demo.beginning import PAYROLL, dispatch_first, dispatch_now, give_logins, import_town, train_and_rank, write_town
from demo.days import Phones, phones_at, play_day
from demo.figures import Figures, read_figures
from demo.memory import write_json
from demo.month_end import close_played_month, import_rest, pull_as_payroll
from demo.office import HEADLINE, Office
from demo.serving import serving
from demo.table import show_figures

FIGURES = "figures.json"


def tell(office: Office) -> Figures:
    """Do every step that is not done, then show the figures; they are also written beside the memory, as JSON."""
    console, memory = office.console, office.memory
    console.print(f"[bold]{HEADLINE}[/bold] (seed {memory.seed}, month {memory.month}, {memory.sizes.customers:,} customers)")
    office.step("town", "Synthetic town written", lambda: write_town(office))
    office.step("import", "Feeds imported", lambda: import_town(office))
    office.step("logins", "Logins given", lambda: give_logins(office))
    office.step("rank", "Ranker trained, customers ranked", lambda: train_and_rank(office))
    office.step("dispatch", "Campaign dispatched", lambda: dispatch_first(office))
    if "payroll" not in memory.done:
        with serving(office.settings) as address, phones_at(office, address) as phones:
            _play_month(office, phones)
    else:
        console.print("Month played: done before", style="dim")
    found = read_figures(office)
    write_json(office.settings.home / FIGURES, asdict(found))
    show_figures(console, memory, found)
    _work_for_today(office)
    return found


def _play_month(office: Office, phones: Phones) -> None:
    office.step("phones", "Phones played", lambda: _play_days(office, phones))
    office.step("rest", "Rest of the month's feeds imported", lambda: import_rest(office, phones))
    office.step("close", "Month closed", lambda: close_played_month(office))
    office.step("payroll", "Payroll pulled and acknowledged it", lambda: pull_as_payroll(office, phones.client))


def _play_days(office: Office, phones: Phones) -> dict[str, int]:
    days = office.memory.sizes.days + 1
    with office.bar("Playing the phones, day by day", days) as tick:
        results = [_play_one(office, phones, number, tick) for number in range(1, days + 1)]
    return {"contacts": sum(result["contacts"] for result in results)}


def _play_one(office: Office, phones: Phones, number: int, tick: Any) -> dict[str, Any]:
    result: dict[str, Any] = office.memory.once(f"day-{number:02d}", lambda: play_day(office, phones, number))
    tick()
    return result


def _work_for_today(office: Office) -> None:
    """Back in the present: every phone shall have open work orders while it serves, also when it is run again much later."""
    today = clock.local_date(clock.now()).isoformat()
    known = office.memory.done.get("now")
    if known is not None and known["until"] < today:
        del office.memory.done["now"]
    office.step("now", "A campaign for today dispatched", lambda: dispatch_now(office))
    with office.read() as session:
        live = select(func.count(WorkOrder.staff_id.distinct()), func.count()).where(WorkOrder.state.in_(LIVE_STATES))
        managers, orders = session.execute(live).one()
    office.console.print(f"{orders:,} open work orders are on the phones of {managers} managers now.")


def logins_by_role(office: Office) -> dict[str, str]:
    """One login for each role; of the terminal managers one who has open work orders."""
    staff = select(Staff.role, func.min(Staff.staff_no)).group_by(Staff.role).order_by(Staff.role)
    busy = (
        select(func.min(Staff.staff_no)).join(WorkOrder, WorkOrder.staff_id == Staff.id).where(WorkOrder.state.in_(LIVE_STATES))
    )
    with office.read() as session:
        found = {role.value: login for role, login in session.execute(staff)}
        found[Role.TERMINAL_MANAGER.value] = session.scalar(busy) or found[Role.TERMINAL_MANAGER.value]
    return found | {Role.PAYROLL.value: f"{PAYROLL} (client_id, at /auth/token)"}
