"""Another town: other people, other distances, other habits, other ways to cheat than those of dishonest_town.

Three kinds of grid that differ in how far and how fast one goes; weeks have six days. The constants of detection were looked at
with both towns; it imports nothing of the product. `make_town` gives what `dishonest_town.make_town` gives; `reports` also has
the kind of grid, `peers`.
"""

from datetime import UTC, datetime

import numpy as np
import polars as pl

from tests.journey.dishonest_town import Town

FAKES = {
    "only visits": 0.40,  # calls are true; of the visits most were never made
    "careless and careful": 0.30,  # half of what is made up stands at the right door with the right length
    "every Friday": 0.35,  # typed in a row at the end of each week
    "pairs": 0.50,  # two report for each other, half of the days from the other's phone
    "only calls": 0.35,
    "one text": 0.60,
    "at night at home": 0.33,  # after a true day the rest is written at the kitchen table
    "now and then": 0.15,
}
ODD = (
    *("redials all day", "walks only", "part time", "old phone", "market square", "writes some at home", "private phone"),
    *("spouse's phone", "talks long", "says little"),
)
MUCH, LITTLE = tuple(kind for kind, share in FAKES.items() if share >= 0.3), "now and then"
START = datetime(2026, 10, 1, tzinfo=UTC).timestamp() - 8 * 3_600
WORKED = np.array([day for day in range(31) if (day + 3) % 7 != 6])  # Saturdays too
FRIDAYS = np.array([day for day in range(31) if (day + 3) % 7 == 4])
LOST_DAY = int(WORKED[14])
DEGREE = 111_195.0
REACH = np.array([400.0, 1_500.0, 6_000.0])  # metres, by kind of grid
WAY = np.array([420.0, 900.0, 1_900.0])  # seconds from one visit to the next
PHRASES = (
    *("家里有老人", "还在合约期", "用得少", "孩子网课", "单位报销", "刚续费", "要问儿子"),
    *("搬家以后", "信号不好", "嫌麻烦", "月底再谈", "价格可以", "等活动"),
)


def make_town(seed: int, *, managers: int = 2_000, each: float = 60, dishonest: float = 0.02, odd: float = 0.015) -> Town:
    """A town in which each way of cheating and each oddity is this share of the managers."""
    rng = np.random.default_rng([seed, 77])
    kind = _people(rng, managers, dishonest, odd)
    peers = rng.choice(3, managers, p=[0.5, 0.3, 0.2])
    frame = _contacts(rng, kind, peers, each)
    frame = _days(rng, _invented(rng, frame))
    frame, customers = _where(rng, frame)
    frame = _said(rng, _phones(rng, frame))
    calls, orders = _feeds(rng, frame)
    made_up = frame.group_by("staff").agg(share=pl.col("made_up").mean())
    truth = pl.DataFrame({"staff": np.arange(managers), "kind": kind}).join(made_up, on="staff", how="left")
    return Town(frame, calls, orders, customers, truth, LOST_DAY)


def _people(rng, managers, dishonest, odd):
    kind, order, at = np.full(managers, "honest", dtype=object), rng.permutation(managers), 0
    for names, share in ((FAKES, dishonest), (ODD, odd)):
        for name in names:
            size = 2 * round(share * managers / 2)
            kind[order[at : at + size]], at = name, at + size
    return kind.astype(str)


def _contacts(rng, kind, peers, each):
    """As an honest month would go: some have twice the work of others."""
    size = rng.negative_binomial(9, 9 / (9 + each), len(kind)).clip(15)
    size = np.where(kind == "part time", rng.integers(4, 14, len(kind)), size)
    staff = np.repeat(np.arange(len(kind)), size)
    n, of, grid = len(staff), kind[staff], peers[staff]
    visits = rng.beta(5, 6, len(kind))[staff] * np.array([0.8, 1.0, 1.2])[grid]
    for name, share in (("walks only", 0.97), ("redials all day", 0.1), ("only visits", 0.55)):
        visits = np.where(of == name, share, visits)
    channel = np.where(rng.random(n) < visits, "visit", np.where(rng.random(n) < 0.1, "counter", "call"))
    there = rng.random(n) < np.where(channel == "call", np.where(of == "redials all day", 0.3, 0.55), 0.65)
    spoken = rng.choice(["refused", "interested", "callback", "bought"], n, p=[0.42, 0.3, 0.2, 0.08])
    silent = np.where(channel == "visit", "not_home", "not_reached")
    outcome = np.where(there | (channel == "counter"), spoken, silent)
    return pl.DataFrame(
        {"staff": staff, "kind": of, "peers": grid + 1, "channel": channel, "outcome": outcome, "day": rng.choice(WORKED, n)}
    ).with_row_index("customer").with_columns(pl.col("customer").cast(pl.Int64))  # fmt: skip


def _invented(rng, frame):
    """What never happened, and how its maker goes about it: `careful` ones mind the place and the clock."""
    n, kind, channel = len(frame), frame["kind"].to_numpy(), frame["channel"].to_numpy()
    day, outcome = frame["day"].to_numpy().copy(), frame["outcome"].to_numpy().copy()
    share = np.array([FAKES.get(one, 0.0) for one in kind])
    share = np.where(kind == "only visits", np.where(channel == "visit", 0.75, 0.0), share)
    share = np.where(kind == "only calls", np.where(channel == "call", 0.75, 0.0), share)
    made_up = rng.random(n) < share
    better = made_up & (rng.random(n) < 0.7)  # who invents a contact invents an answer
    outcome = np.where(better, rng.choice(["refused", "interested", "callback"], n, p=[0.5, 0.3, 0.2]), outcome)
    day = np.where(made_up & (kind == "every Friday"), rng.choice(FRIDAYS, n), day)
    careful = made_up & ((kind == "pairs") | ((kind == "careless and careful") & (rng.random(n) < 0.5)))
    spoke = ~np.isin(outcome, ["not_home", "not_reached"])
    columns = {"outcome": outcome, "day": day, "made_up": made_up, "careful": careful, "spoke": spoke}
    return frame.with_columns(**{name: pl.Series(values) for name, values in columns.items()})


def _days(rng, frame):
    """Lengths, and a day's contacts in their order; what is invented carelessly is typed in a row after the true ones."""
    n, kind, people = len(frame), frame["kind"].to_numpy(), int(frame["staff"].max()) + 1
    staff, grid, spoke = frame["staff"].to_numpy(), frame["peers"].to_numpy() - 1, frame["spoke"].to_numpy()
    call, visit = (frame["channel"].to_numpy() == one for one in ("call", "visit"))
    loose = frame["made_up"].to_numpy() & ~frame["careful"].to_numpy()
    pace = rng.gamma(20, 1 / 20, people)[staff] * np.where(kind == "talks long", 2.0, np.where(kind == "says little", 0.5, 1.0))
    no = frame["outcome"].to_numpy() == "refused"
    talk = np.where(spoke, (pace * rng.gamma(2.2, np.where(no, 16, 60), n)).clip(5), 0.0)
    meeting = pace * rng.gamma(3.0, np.where(no, 80, 190), n)
    lasted = np.where(call, talk, np.where(spoke, meeting, 40.0)) + rng.gamma(2, 14, n)
    lasted = np.where(loose & (rng.random(n) < 0.85), rng.gamma(4, 8, n), lasted)
    pause = np.where(call, rng.gamma(1.3, 210, n), np.where(visit, rng.gamma(2, WAY[grid] / 2, n), rng.gamma(1.5, 300, n)))
    pause = np.where(kind == "redials all day", rng.gamma(1.5, 70, n), pause)
    pause = np.where((kind == "market square") & visit, rng.gamma(1.5, 60, n), pause)
    pause = np.where(loose, rng.gamma(1.6, 18, n), pause)
    slot = rng.random(n) + np.where(loose, 1.0, 0.0)
    frame = frame.with_columns(talk=pl.Series(talk), slot=pl.Series(slot), whole=pl.Series(lasted + pause))
    frame = frame.with_columns(lasted=pl.Series(np.where(rng.random(n) < 0.06, np.nan, lasted), nan_to_null=True))
    begins = pl.Series(rng.normal(8.6, 0.5, people)[staff] * 3_600)
    frame = frame.with_columns(begins=begins).sort("staff", "day", "slot")
    at_night = (pl.col("kind") == "at night at home") & (pl.col("slot") >= 1)
    frame = frame.with_columns(later=pl.when(at_night).then(4 * 3_600.0).otherwise(0.0))
    begun = pl.col("whole").cum_sum().over("staff", "day") - pl.col("whole")
    return frame.with_columns(started=START + pl.col("day") * 86_400 + pl.col("begins") + begun + pl.col("later"))


def _where(rng, frame):
    """Where customers live and where phones say they were. What is invented carelessly was mostly written in one place."""
    n, staff, kind = len(frame), frame["staff"].to_numpy(), frame["kind"].to_numpy()
    people, grid = int(staff.max()) + 1, frame["peers"].to_numpy() - 1
    middle = np.column_stack([38.5 + rng.random(people) * 0.8, 117.2 + rng.random(people) * 0.8])
    reach = np.where(kind == "market square", 30.0, REACH[grid])[:, None]
    door = middle[staff] + _degrees(rng.laplace(0, 0.6, (n, 2)) * reach)
    sure = rng.gamma(3, 7, n) * np.where(kind == "old phone", 12, np.where(grid == 2, 1.8, 1.0)) + 3
    heard = door + _degrees(rng.normal(0, 0.6, (n, 2)) * sure[:, None])
    home = middle[staff] + _degrees((rng.normal(0, 1, (people, 2)) * 2_200)[staff] + rng.normal(0, 9, (n, 2)))
    loose = frame["made_up"].to_numpy() & ~frame["careful"].to_numpy()
    at_home = np.where(loose, rng.random(n) < 0.75, rng.random(n) < np.where(kind == "writes some at home", 0.06, 0.006))
    heard = np.where(at_home[:, None], home, heard)
    silent = rng.random(n) < np.where(kind == "old phone", 0.5, np.where(loose, 0.2, 0.1))
    known = door + _degrees(rng.normal(0, 55, (n, 2)))
    columns = {"latitude": heard[:, 0], "longitude": heard[:, 1], "accuracy": sure}
    placed = {name: pl.Series(np.where(silent, np.nan, values), nan_to_null=True) for name, values in columns.items()}
    mocked = pl.Series(rng.random(n) < np.where(loose & (kind == "only visits"), 0.03, 0.0001))
    homes = {"customer": frame["customer"], "latitude": known[:, 0], "longitude": known[:, 1], "exact": rng.random(n) < 0.88}
    return frame.with_columns(**placed, mock=pl.when(pl.Series(~silent)).then(mocked)), pl.DataFrame(homes)


def _degrees(metres):
    return metres / DEGREE * np.array([1.0, 1 / np.cos(np.radians(39.0))])


def _phones(rng, frame):
    """Pairs exchange theirs on half of the days; some share one with somebody of the family who works here too."""
    staff, kind, day = (frame[name].to_numpy() for name in ("staff", "kind", "day"))
    partner = np.arange(int(staff.max()) + 1)
    for name in ("pairs", "spouse's phone"):
        members = np.unique(staff[kind == name])
        partner[members[::2]], partner[members[1::2]] = members[1::2], members[::2]
    other = rng.random((len(partner), 31)) < 0.5
    phone = np.where((kind == "pairs") & other[np.minimum(staff, partner[staff]), day], partner[staff], staff)
    phone = np.where(kind == "spouse's phone", np.minimum(staff, partner[staff]), phone)
    return frame.with_columns(device=pl.Series([f"device {number}" for number in phone]))


def _said(rng, frame):
    n, staff = len(frame), frame["staff"].to_numpy()
    copied = frame["made_up"].to_numpy() & (frame["kind"].to_numpy() == "one text")
    words = np.array(PHRASES)[rng.integers(0, len(PHRASES), (n, 6))]
    free = np.array(["、".join(each[: 3 + number % 4]) for number, each in enumerate(words)])
    stock = np.array(["、".join(PHRASES[at : at + 5]) + "，已说明优惠" for at in range(8)])
    own = stock[rng.integers(0, 8, int(staff.max()) + 1)][staff]
    text = np.where(copied | (rng.random(n) < rng.beta(1, 18, int(staff.max()) + 1)[staff]), own, free)
    written = rng.random(n) < np.where(copied, 0.9, 0.5)
    looks = rng.integers(-(2**62), 2**62, n)
    first = looks[np.searchsorted(staff, staff)]
    again = frame["made_up"].to_numpy() & (frame["kind"].to_numpy() == "only visits") & (rng.random(n) < 0.3)
    looks = np.where(again, first, looks)
    shown = (frame["channel"].to_numpy() == "visit") & (rng.random(n) < 0.15)
    photos = [[int(look)] if there else None for look, there in zip(looks, shown, strict=True)]
    note = pl.Series(np.where(written, text, None).tolist(), dtype=pl.String)
    return frame.with_columns(note=note, looks=pl.Series(photos, dtype=pl.List(pl.Int64)))


def _feeds(rng, frame):
    """A true call is in telephony, but for one by a private phone; a true sale in billing, but for one that was taken back."""
    n, kind, made_up = len(frame), frame["kind"].to_numpy(), frame["made_up"].to_numpy()
    private = rng.beta(0.6, 80, int(frame["staff"].max()) + 1)[frame["staff"].to_numpy()]
    private = np.where(kind == "private phone", 0.06, private)
    rung = made_up & frame["careful"].to_numpy() & (rng.random(n) < 0.3)  # who is careful lets some of them ring
    there = (frame["channel"].to_numpy() == "call") & np.where(made_up, rung, rng.random(n) >= private)
    seconds = np.where(rung, rng.integers(1, 14, n), frame["talk"].to_numpy()).round()
    begun = frame["started"] + pl.Series(rng.normal(0, 60, n))
    calls = frame.select("staff", "customer").with_columns(started=begun, seconds=pl.Series(seconds)).filter(pl.Series(there))
    sold = (frame["outcome"].to_numpy() == "bought") & ~made_up & (rng.random(n) < 0.98)
    orders = frame.select("customer").with_columns(ordered=frame["started"] + pl.Series(rng.exponential(30_000, n)))
    return calls, orders.filter(pl.Series(sold))
