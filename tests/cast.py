"""The fixed cast of the tests: a company of two branches and three grids, nine people, a payroll system, customers.

    CO ─┬─ B1 ─┬─ G11   Ana and Bo (terminal managers), Chen (grid manager)    customers C01..C10
        │      └─ G12   Cy (terminal manager), Fu (grid manager)               customers C11..C14
        └─ B2 ─── G21   Dee (terminal manager)                                 customer  C15
    Bea leads branch B1. Pia plans, Lin analyses, Ada administers. `payroll` is a system.
Everybody's password is PASSWORD; the login is the first name in small letters.
"""

from datetime import UTC, date, datetime
from decimal import Decimal

from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy.orm import Session

from app.models.campaign import Product, ProductKind
from app.models.customer import Customer
from app.models.organisation import Account, Role, Staff, Unit, UnitKind

PASSWORD = "correct horse battery"
CHEAP = Argon2Hasher(memory_cost=8, time_cost=1, parallelism=1)  # how dear a check is, the hash says: tests log in often
LONG_AGO = date(2020, 1, 1)
SEEDED_AT = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = {
    "ana": (Role.TERMINAL_MANAGER, "G11", 10),
    "bo": (Role.TERMINAL_MANAGER, "G11", 6),
    "cy": (Role.TERMINAL_MANAGER, "G12", 8),
    "dee": (Role.TERMINAL_MANAGER, "G21", 8),
    "chen": (Role.GRID_MANAGER, "G11", None),
    "fu": (Role.GRID_MANAGER, "G12", None),
    "bea": (Role.BRANCH_MANAGER, "B1", None),
    "pia": (Role.PLANNER, "CO", None),
    "lin": (Role.ANALYST, "CO", None),
    "ada": (Role.ADMIN, "CO", None),
}


def seed_cast(session: Session) -> None:
    """Write the cast."""
    units = _units(session)
    people = _people(session, units)
    session.add_all(
        [
            _product("FTTH1", ProductKind.ACQUIRE, "broadband"),
            _product("FTTH2", ProductKind.UPSELL, "broadband"),
            _product("TV1", ProductKind.CROSS_SELL, "tv"),
        ]
    )
    for number in range(1, 16):
        grid = "G11" if number <= 10 else "G12" if number <= 14 else "G21"
        owner = {1: "ana", 2: "ana", 3: "bo"}.get(number)
        session.add(
            Customer(
                customer_no=f"C{number:02d}",
                name=f"Customer {number}",
                phone=f"139000000{number:02d}",
                address=f"{number} Example Road",
                latitude=39.0 + number / 1000,
                longitude=117.0 + number / 1000,
                grid_id=units[grid].id,
                owner_staff_id=people[owner].id if owner else None,
                segment="home",
                opened_on=date(2021, 1, number),
            )
        )
    session.flush()


def _units(session: Session) -> dict[str, Unit]:
    company = Unit(code="CO", kind=UnitKind.COMPANY, name="Company")
    session.add(company)
    session.flush()
    branches = [Unit(code=code, kind=UnitKind.BRANCH, name=f"Branch {code}", parent_id=company.id) for code in ("B1", "B2")]
    session.add_all(branches)
    session.flush()
    by_code = {"CO": company, **{branch.code: branch for branch in branches}}
    grids = [
        Unit(code=code, kind=UnitKind.GRID, name=f"Grid {code}", parent_id=by_code[parent].id)
        for code, parent in (("G11", "B1"), ("G12", "B1"), ("G21", "B2"))
    ]
    session.add_all(grids)
    session.flush()
    return by_code | {grid.code: grid for grid in grids}


def _people(session: Session, units: dict[str, Unit]) -> dict[str, Staff]:
    people = {
        name: Staff(
            staff_no=name.upper(),
            name=name.title(),
            role=role,
            unit_id=units[unit].id,
            daily_capacity=capacity,
            active_from=LONG_AGO,
        )
        for name, (role, unit, capacity) in PEOPLE.items()
    }
    session.add_all(people.values())
    session.flush()
    password_hash = CHEAP.hash(PASSWORD)
    session.add_all(
        Account(login=name, password_hash=password_hash, staff_id=person.id, created_at=SEEDED_AT)
        for name, person in people.items()
    )
    session.add(Account(login="payroll", password_hash=password_hash, service_role=Role.PAYROLL, created_at=SEEDED_AT))
    session.flush()
    return people


def _product(code: str, kind: ProductKind, family: str) -> Product:
    return Product(
        product_code=code,
        name=f"Product {code}",
        kind=kind,
        family=family,
        monthly_price=Decimal("99"),
        margin=Decimal("40"),
        contact_cost=Decimal("2"),
        attribution_days=3,
        maturity_days=2,
    )
