"""A plain town in which people have habits: many reports, contacts at any time of the day, few words that all use.

Half of what it holds would look like cheating elsewhere: one in eight writes set phrases, one in twenty leaves the screen open,
contacts run into each other, notes are alike. It imports nothing of the product and shares no line with the other towns.
"""

from datetime import UTC, datetime

import numpy as np
import polars as pl

from tests.journey.dishonest_town import Town

FAKES = {
    "everything": 1.0,
    "three in ten": 0.3,
    "no calls": 0.3,
    "one phrase": 0.3,
    "hangs up": 0.3,  # real calls of some seconds and a claimed interest
    "one in seven": 0.15,
}
MUCH, LITTLE = tuple(kind for kind, share in FAKES.items() if share >= 0.3), "one in seven"
ODD = ("set phrases", "open screen", "tower", "cellar")
OPENING = datetime(2026, 10, 1, tzinfo=UTC).timestamp() - 8 * 3_600
WORKED = np.array([day for day in range(31) if (day + 3) % 7 not in (5, 6)])
DEGREE = 111_195.0
POOL = np.array(
    [
        *("客户不在家，下次再来看看", "客户有兴趣，需要再联系一次", "已介绍套餐，客户说考虑一下", "价格太高，客户没有同意办理"),
        *("已经换成别家宽带，暂时不换", "老人不会用，等孩子回来再定", "已办理，客户很满意服务态度", "约好周末再上门介绍套餐"),
    ],
    dtype=object,
)


def make_town(seed: int, *, managers: int = 300, a_day: int = 4, dishonest: float = 0.03) -> Town:
    """A town in which each way of cheating is this share of the managers; one in eight writes set phrases, others are odder."""
    rng = np.random.default_rng([seed, 12])
    order, kind, at = rng.permutation(managers), np.full(managers, "honest", dtype=object), 0
    for name, share in [*((name, dishonest) for name in FAKES), *zip(ODD, (0.12, 0.05, 0.02, 0.02), strict=True)]:
        size = round(share * managers)
        kind[order[at : at + size]], at = name, at + size
    each = rng.integers(a_day // 2, a_day * 3 // 2 + 1, (managers, len(WORKED)))
    staff, day = np.repeat(np.arange(managers), each.sum(axis=1)), np.concatenate([np.repeat(WORKED, row) for row in each])
    frame = _contacts(rng, staff, kind[staff].astype(str), day)
    frame, customers = _places(rng, frame)
    made_up = frame.group_by("staff").agg(share=pl.col("made_up").mean())
    truth = pl.DataFrame({"staff": np.arange(managers), "kind": kind.astype(str)}).join(made_up, on="staff", how="left")
    return Town(frame, *_feeds(rng, frame), customers, truth, int(WORKED[4]))


def _contacts(rng, staff, kind, day):
    """What is said of contacts, true ones and others; those of a day stand at any hour."""
    n = len(staff)
    made_up = rng.random(n) < np.array([FAKES.get(one, 0.0) for one in kind])
    call = (rng.random(n) < 0.5) | (made_up & np.isin(kind, ["no calls", "hangs up"]))
    outcome = rng.choice(["bought", "interested", "refused", "callback", "nobody"], n, p=[0.08, 0.25, 0.25, 0.15, 0.27])
    outcome = np.where(made_up & (kind == "hangs up"), "interested", outcome)
    outcome = np.where(outcome == "nobody", np.where(call, "not_reached", "not_home"), outcome)
    spoke = ~np.isin(outcome, ["not_reached", "not_home"])
    talk = np.where(spoke, np.exp(rng.normal(np.where(call, np.log(90), np.log(420)), 0.6)), 0.0)
    lasted = talk + rng.uniform(5, 40, n)
    lasted = np.where(made_up & (rng.random(n) < 0.6), rng.uniform(5, 40, n), lasted)
    lasted = lasted + np.where((kind == "open screen") & (rng.random(n) < 0.3), rng.exponential(900, n), 0)
    started = OPENING + day * 86_400.0 + rng.uniform(9, 18, n) * 3_600
    own = POOL[staff % len(POOL)]
    phrases = rng.random(n) < np.where(made_up & (kind == "one phrase"), 0.9, np.where(kind == "set phrases", 0.7, 0.0))
    words = ["".join(chr(0x4E00 + letter) for letter in row) for row in rng.integers(0, 3_000, (n, 20))]
    note = np.where(phrases, own, np.where(rng.random(n) < 0.15, POOL[rng.integers(0, len(POOL), n)], words))
    columns = {"staff": staff, "kind": kind, "day": day, "made_up": made_up, "outcome": outcome, "spoke": spoke, "talk": talk}
    columns |= {"lasted": lasted, "started": started, "customer": np.arange(n), "channel": np.where(call, "call", "visit")}
    return pl.DataFrame(columns).with_columns(
        note=pl.Series(np.where(rng.random(n) < 0.5, note, None).tolist(), dtype=pl.String),
        device=pl.format("handset {}", "staff"),
        looks=pl.lit(None, dtype=pl.List(pl.Int64)),
    )


def _places(rng, frame):
    """Where customers live and phones were: what is made up was mostly written in one room."""
    n, staff, kind = len(frame), frame["staff"].to_numpy(), frame["kind"].to_numpy()
    people = int(staff.max()) + 1
    middle, room = 39 + rng.random((people, 2)), rng.normal(0, 1_500, (people, 2)) / DEGREE
    door = middle[staff] + rng.normal(0, 1, (n, 2)) * np.where(kind == "tower", 15, 1_000)[:, None] / DEGREE
    accuracy = np.where(kind == "cellar", rng.uniform(100, 600, n), rng.uniform(5, 50, n))
    heard = door + rng.normal(0, 0.6, (n, 2)) * accuracy[:, None] / DEGREE
    elsewhere = rng.random(n) < np.where(frame["made_up"].to_numpy(), 0.6, 0.01)
    heard = np.where(elsewhere[:, None], middle[staff] + room[staff] + rng.normal(0, 15, (n, 2)) / DEGREE, heard)
    placed = frame.with_columns(latitude=pl.Series(heard[:, 0]), longitude=pl.Series(heard[:, 1]), accuracy=pl.Series(accuracy))
    homes = {"customer": frame["customer"], "latitude": door[:, 0], "longitude": door[:, 1], "exact": np.full(n, fill_value=True)}
    return placed.with_columns(mock=pl.lit(value=False)), pl.DataFrame(homes)


def _feeds(rng, frame):
    """A true call is there but for one in a hundred, and those that were hung up; a true sale but for one in fifty."""
    n, made_up = len(frame), frame["made_up"].to_numpy()
    rung = made_up & (frame["kind"].to_numpy() == "hangs up")
    there = (frame["channel"].to_numpy() == "call") & np.where(made_up, rung, rng.random(n) >= 0.01)
    seconds = np.where(rung, rng.integers(1, 10, n), frame["talk"].to_numpy()).round()
    calls = frame.select("staff", "customer", "started").with_columns(seconds=pl.Series(seconds)).filter(pl.Series(there))
    sold = (frame["outcome"].to_numpy() == "bought") & ~made_up & (rng.random(n) < 0.98)
    return calls, frame.select("customer", ordered="started").filter(pl.Series(sold))
