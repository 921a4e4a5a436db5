"""The synthetic town's customers as the operator's systems write them down."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from demo.nature import Nature, words
from demo.people import NEW, People

SEGMENTS, LIFECYCLES = ("家庭", "个人", "商户"), ("A", "B", "C", "D")
STREETS = ("合成街", "示例路", "样板巷", "演示道")
TAGS = ("", "高价值", "宽带大户", "高价值;多终端", "学生家庭")
SCOPES = ("all", "call", "visit", "sms", "broadband")
SCOPE_SHARE = (0.5, 0.25, 0.05, 0.08, 0.12)
PLAIN, WIDE = list("0123456789"), [chr(0xFF10 + digit) for digit in range(10)]
TOPICS = ("speed", "bill", "repair", "attitude")


def customer_numbers(count: int) -> pl.Series:
    """K0000001 and on: the number minus one is the row everywhere in the town."""
    rows = pl.int_range(1, count + 1, eager=True).cast(pl.String).str.zfill(7)
    return ("K" + rows).alias("customer_no")


def local_text(times: NDArray[np.datetime64]) -> pl.Series:
    """Local times as ISO 8601 with the offset; NaT becomes missing."""
    return pl.Series(times.astype("datetime64[ms]")).dt.strftime("%Y-%m-%dT%H:%M:%S+08:00")


def customers_feed(seed: int, nature: Nature, people: People, numbers: pl.Series) -> pl.DataFrame:
    """The `customers` feed; phones start with 1540, which looks like no number in use."""
    rng, n = np.random.default_rng([seed, 6]), len(nature.grid)
    near = rng.normal(0, 0.0006, (n, 2)) + _houses(rng, nature)
    place = people.centre[nature.grid] + near
    owner = people.manager_nos[np.maximum(nature.owner, 0)]
    tag = np.where(nature.fee > 110, rng.choice([1, 1, 3], n), rng.choice([0, 0, 0, 2, 4], n))
    return pl.DataFrame(
        {
            "customer_no": numbers,
            "name": pl.select(pl.format("示例客户{}", numbers.str.slice(1))).to_series(),
            "phone": _phones(rng, numbers),
            "address": _addresses(rng, nature),
            "latitude": place[:, 0].round(6),
            "longitude": place[:, 1].round(6),
            "grid_code": people.grid_codes[nature.grid],
            "owner_staff_no": pl.Series(np.where(nature.owner < 0, "", owner)).replace({"": None}),
            "segment": words(rng.choice(3, n, p=[0.7, 0.24, 0.06]), SEGMENTS),
            "lifecycle": words(np.digitize(nature.tenure, [6, 18, 48]), LIFECYCLES),
            "opened_on": pl.Series(nature.opened),
            "tags": words(tag, TAGS).cast(pl.String).replace({"": None}),
        }
    )


def _houses(rng: np.random.Generator, nature: Nature) -> NDArray[np.float64]:
    house = np.arange(len(nature.grid)) // 8
    return rng.normal(0, 0.004, (int(house[-1]) + 1, 2))[house]


def _phones(rng: np.random.Generator, numbers: pl.Series) -> pl.Series:
    """Plain for most; some as people type them (+86, 0086, spaces, full-width digits), a few missing."""
    frame = pl.DataFrame({"plain": "1540" + numbers.str.slice(1), "way": rng.random(len(numbers))})
    plain, way = pl.col("plain"), pl.col("way")
    spaced = pl.format("{} {} {}", plain.str.slice(0, 3), plain.str.slice(3, 4), plain.str.slice(7))
    phone = (
        pl.when(way < 0.004)
        .then(None)
        .when(way < 0.008)
        .then(pl.format("+86 {}", plain))
        .when(way < 0.011)
        .then(pl.format("0086{}", plain))
        .when(way < 0.016)
        .then(spaced)
        .otherwise(plain)
    )
    wide = plain.str.replace_many(PLAIN, WIDE)
    return frame.select(pl.when(way > 0.998).then(wide).otherwise(phone).alias("phone")).to_series()


def _addresses(rng: np.random.Generator, nature: Nature) -> pl.Series:
    house = np.arange(len(nature.grid)) // 8
    street = words(house % len(STREETS), STREETS).cast(pl.String)
    area = words((nature.kind == NEW).astype(np.int64), ("示例镇老区", "示例镇新区")).cast(pl.String)
    room = pl.Series(rng.integers(101, 1800, len(house)))
    return pl.select(pl.format("{}{}{}号{}室", area, street, pl.Series(house // 4 + 1), room)).to_series()


def preferences_feed(seed: int, nature: Nature, numbers: pl.Series) -> pl.DataFrame:
    """4 in 100 customers refused; of one in twelve of these the refusal ends, or consent came back."""
    rng, n = np.random.default_rng([seed, 7]), len(nature.grid)
    rows = np.sort(rng.choice(n, max(1, round(0.04 * n)), replace=False))
    start = nature.month.astype("datetime64[s]") - rng.integers(5 * 86_400, 700 * 86_400, len(rows))
    fate = rng.random(len(rows))
    until = np.full(len(rows), np.datetime64("NaT"), dtype="datetime64[D]")
    until[fate < 0.06] = (nature.month + 6).astype("datetime64[D]")
    return pl.DataFrame(
        {
            "customer_no": numbers.gather(rows),
            "scope": rng.choice(SCOPES, len(rows), p=SCOPE_SHARE),
            "status": np.where(fate > 0.98, "allowed", "refused"),
            "recorded_at": local_text(start),
            "until": pl.Series(until),
            "source": rng.choice(["hotline", "app", "counter"], len(rows)),
        }
    )


def complaints_feed(seed: int, nature: Nature, people: People, numbers: pl.Series) -> pl.DataFrame:
    """Complaints of the year before the played month; one in five names the customer's owner."""
    rng = np.random.default_rng([seed, 8])
    oldest = (nature.month - 12).astype("datetime64[D]")
    rows = np.flatnonzero(nature.complained >= oldest)
    opened = nature.complained[rows].astype("datetime64[s]") + rng.integers(8 * 3600, 20 * 3600, len(rows))
    named = (rng.random(len(rows)) < 0.2) & (nature.owner[rows] >= 0)
    owner = people.manager_nos[np.maximum(nature.owner[rows], 0)]
    return pl.DataFrame(
        {
            "complaint_no": pl.Series("P" + numbers.gather(rows).str.slice(1)),
            "customer_no": numbers.gather(rows),
            "opened_at": local_text(opened),
            "topic": rng.choice(TOPICS, len(rows)),
            "staff_no": pl.Series(np.where(named, owner, "")).replace({"": None}),
        }
    )


def ties_feed(nature: Nature, numbers: pl.Series) -> pl.DataFrame:
    """Each observed link once, the lower number first; weight in [0.2, 1]."""
    return pl.DataFrame(
        {
            "customer_no": numbers.gather(nature.ties[:, 0]),
            "other_customer_no": numbers.gather(nature.ties[:, 1]),
            "weight": nature.tie_weight,
        }
    )
