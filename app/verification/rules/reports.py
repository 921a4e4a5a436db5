"""The reports of a month as the rules read them (pure): one row for each that stands, sorted by manager and start.

| column | what |
|---|---|
| row, staff, customer | numbers; `row` counts from 0 in the order given |
| peers | the kind of grid of the manager, 0 where it is not known |
| device | name of the phone, null where it said none |
| channel, outcome, spoke, sale | what is claimed; `spoke`: a talk with the customer |
| started, lasted | of the contact, seconds; `lasted` null where the phone did not say |
| doubtful | the phone's clock was in doubt |
| day, days_left | local day of the contact as a number, and days from it to the end of its month |
| latitude, longitude, accuracy, mock | of the phone; accuracy in metres; null where it did not say |
| home_latitude, home_longitude, home_error | of the customer, or of the grid's centre; the error in metres; null: not known |
| note | text or null |
| looks | how the photos look (64 bits each), or null |
| call_seconds | of the longest call near the contact in the feed, null where there is none |
| calls_known, orders_known | the feed is complete for every day on which a trace would be, and the time is not in doubt |
| order_found | an order is there since dispatch |
"""

import numpy as np
import polars as pl

ADDRESS_ERROR = 150.0  # metres from a geocoded address to the door
GRID_ERROR = 3_000.0  # from the centre of a grid to any of its doors
SHORTEST_TALK = 10  # seconds; a call of fewer holds no talk about an offer
EARTH_RADIUS = 6_371_000.0

SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "staff": pl.Int64,
    "peers": pl.Int64,
    "customer": pl.Int64,
    "device": pl.String,
    "channel": pl.String,
    "outcome": pl.String,
    "spoke": pl.Boolean,
    "sale": pl.Boolean,
    "started": pl.Float64,
    "lasted": pl.Float64,
    "doubtful": pl.Boolean,
    "day": pl.Int32,
    "days_left": pl.Int32,
    "latitude": pl.Float64,
    "longitude": pl.Float64,
    "accuracy": pl.Float64,
    "mock": pl.Boolean,
    "home_latitude": pl.Float64,
    "home_longitude": pl.Float64,
    "home_error": pl.Float64,
    "note": pl.String,
    "looks": pl.List(pl.Int64),
    "call_seconds": pl.Float64,
    "calls_known": pl.Boolean,
    "orders_known": pl.Boolean,
    "order_found": pl.Boolean,
}

IS_CALL, IS_VISIT = pl.col("channel") == "call", pl.col("channel") == "visit"
# What a feed bears out asks for no hints: the order or a call long enough for a talk is there.
BORNE_OUT = (
    (IS_CALL & (pl.col("call_seconds") >= pl.when("spoke").then(SHORTEST_TALK).otherwise(0)))
    | (pl.col("sale") & pl.col("order_found"))
).fill_null(value=False)


def prepare(reports: pl.DataFrame) -> pl.DataFrame:
    """The same with `row`, sorted by manager and start. Columns as above but for `row`, in any order."""
    numbered = reports.select(list(SCHEMA)).with_row_index("row")
    return numbered.sort("staff", "started", "row")


def metres(latitude: pl.Expr, longitude: pl.Expr, to_latitude: pl.Expr, to_longitude: pl.Expr) -> pl.Expr:
    """Straight line over the ground between two places in degrees, by the haversine formula."""
    phi, to_phi = latitude.radians(), to_latitude.radians()
    across = ((to_longitude - longitude).radians() / 2).sin().pow(2) * phi.cos() * to_phi.cos()
    half = ((to_phi - phi) / 2).sin().pow(2) + across
    return half.clip(0, 1).sqrt().arcsin() * (2 * EARTH_RADIUS)


def robust_scores(value: pl.Expr, over: list[str], *, least_scale: float) -> pl.Expr:
    """How many robust standard deviations a value lies above the median of its group (median absolute deviation x 1.4826)."""
    middle = value.median().over(over)
    scale = ((value - middle).abs().median().over(over) * 1.4826).clip(least_scale, np.inf)
    return (value - middle) / scale
