"""The 14 feeds as one table: which columns, what may stand in them, what identifies a row, what it refers to.

A name with a star is required in the header and in every row. This is the only place that knows the feeds' columns.
"""

from app.core.errors import NotFound
from app.ingest.columns import Column, Feed, Kind, Lookup

BILLION = 10**9


def _column(starred: str, kind: Kind, **facts: object) -> Column:
    return Column(starred.rstrip("*"), kind, starred.endswith("*"), **facts)  # type: ignore[arg-type]


def _code(name: str, to: Lookup | None = None) -> Column:
    return _column(name, Kind.CODE, refers_to=to)


def _text(name: str, max_length: int = 64) -> Column:
    return _column(name, Kind.TEXT, max_length=max_length)


def _choice(name: str, *choices: str) -> Column:
    return _column(name, Kind.CHOICE, choices=choices)


def _whole(name: str, low: int, high: int, default: str | None = None) -> Column:
    return _column(name, Kind.INTEGER, low=low, high=high, default=default)


def _decimal(name: str, low: int = -BILLION, high: int = BILLION, default: str | None = None) -> Column:
    return _column(name, Kind.DECIMAL, low=low, high=high, default=default)


def _float(name: str, low: int, high: int) -> Column:
    return _column(name, Kind.FLOAT, low=low, high=high)


def _date(name: str) -> Column:
    return _column(name, Kind.DATE)


def _instant(name: str) -> Column:
    return _column(name, Kind.INSTANT)


PRODUCT_KINDS = ("acquire", "upsell", "cross_sell", "retention", "win_back", "care")
ROLES = ("terminal_manager", "grid_manager", "branch_manager", "planner", "analyst", "admin")
_PLACE = (_float("latitude", -90, 90), _float("longitude", -180, 180))
_PLACE_TOGETHER = (("latitude", "longitude"),)

_ALL = (
    Feed(
        "org_units",
        (
            _code("code*"),
            _code("parent_code", Lookup.UNIT),
            _choice("kind*", "company", "branch", "grid"),
            _text("name*", 200),
            *_PLACE,
        ),
        key=("code",),
        apart=(("code", "parent_code"),),
        together=_PLACE_TOGETHER,
    ),
    Feed(
        "staff",
        (
            _code("staff_no*"),
            _text("name*", 200),
            _choice("role*", *ROLES),
            _code("unit_code*", Lookup.UNIT),
            _column("phone", Kind.PHONE),
            _whole("daily_capacity", 0, 500),
            _date("active_from*"),
            _date("active_to"),
        ),
        key=("staff_no",),
        in_order=(("active_from", "active_to"),),
    ),
    Feed(
        "absences",
        (_code("staff_no*", Lookup.STAFF), _date("from_date*"), _date("to_date*"), _text("kind")),
        key=("staff_no", "from_date"),
        in_order=(("from_date", "to_date"),),
    ),
    Feed(
        "products",
        (
            _code("product_code*"),
            _text("name*", 200),
            _text("category"),
            _choice("kind*", *PRODUCT_KINDS),
            _code("family"),
            _decimal("monthly_price", 0),
            _decimal("margin"),
            _decimal("contact_cost", 0),
            _decimal("strategic_weight", 0, 1000, default="1"),
            _whole("attribution_days", 0, 3650, default="30"),
            _whole("maturity_days", 0, 3650, default="7"),
            _column("bundle_of", Kind.CODES, refers_to=Lookup.PRODUCT),
        ),
        key=("product_code",),
    ),
    Feed(
        "customers",
        (
            _code("customer_no*"),
            _text("name", 200),
            _column("phone", Kind.PHONE),
            _text("address", 500),
            *_PLACE,
            _code("grid_code*", Lookup.GRID),
            _code("owner_staff_no", Lookup.STAFF),
            _text("segment"),
            _text("lifecycle"),
            _date("opened_on"),
            _column("tags", Kind.CODES),
        ),
        key=("customer_no",),
        together=_PLACE_TOGETHER,
    ),
    Feed(
        "contact_preferences",
        (
            _code("customer_no*", Lookup.CUSTOMER),
            _code("scope*"),  # all, call, visit, sms, or a product family
            _choice("status*", "refused", "allowed"),
            _instant("recorded_at*"),
            _column("until", Kind.UNTIL),
            _text("source"),
        ),
        # The instant is part of the key: an old refusal that arrives late must not replace a newer one.
        key=("customer_no", "scope", "recorded_at"),
        in_order=(("recorded_at", "until"),),
    ),
    Feed(
        "features",
        (_date("snapshot_date*"), _code("customer_no*", Lookup.CUSTOMER)),
        key=("snapshot_date", "customer_no"),
        keeps_extra=True,
    ),
    Feed(
        "holdings",
        (
            _code("customer_no*", Lookup.CUSTOMER),
            _code("product_code*", Lookup.PRODUCT),
            _date("from_date*"),
            _date("to_date"),
        ),
        key=("customer_no", "product_code", "from_date"),
        in_order=(("from_date", "to_date"),),
    ),
    Feed(
        "orders",
        (
            _code("order_no*"),
            _code("customer_no*", Lookup.CUSTOMER),
            _code("product_code*", Lookup.PRODUCT),
            _instant("ordered_at*"),
            _decimal("amount"),
            _text("channel"),
            _code("staff_no", Lookup.STAFF),
            _instant("cancelled_at"),
        ),
        key=("order_no",),
        in_order=(("ordered_at", "cancelled_at"),),
    ),
    Feed(
        "calls",
        (
            _code("call_id*"),
            _code("staff_no*", Lookup.STAFF),
            _code("customer_no*", Lookup.CUSTOMER),
            _instant("started_at*"),
            _whole("duration_seconds*", 0, 86_400),
        ),
        key=("call_id",),
    ),
    Feed(
        "complaints",
        (
            _code("complaint_no*"),
            _code("customer_no*", Lookup.CUSTOMER),
            _instant("opened_at*"),
            _text("topic", 500),
            _code("staff_no", Lookup.STAFF),
        ),
        key=("complaint_no",),
    ),
    Feed(
        "contact_history",
        (
            _code("contact_no*"),
            _code("customer_no*", Lookup.CUSTOMER),
            _code("product_code*", Lookup.PRODUCT),
            _instant("contacted_at*"),
            _text("channel"),
            _code("staff_no", Lookup.STAFF),
            _text("outcome"),
            _code("campaign_code"),
            _choice("arm", "treated", "control"),
        ),
        key=("contact_no",),
    ),
    Feed(
        "ties",
        (
            _code("customer_no*", Lookup.CUSTOMER),
            _code("other_customer_no*", Lookup.CUSTOMER),
            _float("weight", 0, BILLION),
        ),
        key=("customer_no", "other_customer_no"),
        apart=(("customer_no", "other_customer_no"),),
    ),
    Feed(
        "base_points",
        (
            _column("period*", Kind.MONTH),
            _code("staff_no*", Lookup.STAFF),
            _code("component*"),
            _decimal("points*"),
        ),
        key=("period", "staff_no", "component"),
    ),
)

FEEDS: dict[str, Feed] = {feed.name: feed for feed in _ALL}


class UnknownFeed(NotFound):
    """There is no such feed."""

    code = "feed.unknown"


def feed_named(name: str) -> Feed:
    """The feed of this name. Raises UnknownFeed, which names all of them."""
    if name not in FEEDS:
        raise UnknownFeed("feed: expected one of " + ", ".join(FEEDS))
    return FEEDS[name]
