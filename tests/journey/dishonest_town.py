"""A month of reports in a town where some managers make things up, in eight ways, and some honest ones look odd, in seven.

It knows the world and nothing of how it is looked at: it imports nothing of the product. All randomness is of the seed.
`reports` holds what phones say, `calls` and `orders` what the feeds hold, `customers` where they live,
`truth` who made up how much.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import polars as pl

DISHONEST = (
    "all fake",
    "fakes 30 %",
    "fakes 15 %",
    "bursts at month's end",
    "copies notes",
    "claims calls",
    "swaps phones",
    "adapts",
)
ODD = ("tower block", "basement", "shared phone", "night district", "slow elder", "fast talker", "few customers")
SHARE_MADE_UP = {
    "all fake": 1.0,
    "fakes 30 %": 0.30,
    "fakes 15 %": 0.15,
    "bursts at month's end": 0.35,
    "copies notes": 0.35,
    "claims calls": 0.35,
    "swaps phones": 0.35,
    "adapts": 0.35,
}
FIRST = datetime(2026, 10, 1, tzinfo=UTC)
FIRST_DAY, DAYS = date(2026, 10, 1).toordinal(), 31
WORKED = np.array([day for day in range(31) if (day + 3) % 7 not in (5, 6)])  # October 2026 began on a Thursday
LOST_DAY = int(WORKED[8])  # the calls feed of that day never came whole
METRES = 111_195.0  # to a degree of latitude
WORDS = (
    *("老人在家", "孩子上学", "白天没人", "嫌贵", "合约没到期", "想换光纤", "电视卡顿", "问过邻居"),
    *("要和家人商量", "周末再说", "用移动的", "看重网速", "刚搬来", "租的房", "喜欢优惠"),
)


@dataclass(frozen=True)
class Town:
    """What there is to be known of a month."""

    reports: pl.DataFrame
    calls: pl.DataFrame
    orders: pl.DataFrame
    customers: pl.DataFrame
    truth: pl.DataFrame
    lost_day: int = LOST_DAY


def make_town(seed: int, *, managers: int = 2_000, each: int = 60, dishonest: float = 0.02, odd: float = 0.02) -> Town:
    """A town in which each way of cheating and each oddity is this share of the managers."""
    rng = np.random.default_rng([seed, 36])
    kinds = _kinds(rng, managers, dishonest, odd)
    reports = _contacts(rng, kinds, each)
    reports = _make_up(rng, reports)
    reports = _timetable(rng, reports)
    reports, customers = _places(rng, reports)
    reports = _notes_and_photos(rng, _phones(rng, reports))
    calls, orders = _feeds(rng, reports)
    made_up = reports.group_by("staff").agg(share=pl.col("made_up").mean())
    truth = pl.DataFrame({"staff": np.arange(managers), "kind": kinds}).join(made_up, on="staff", how="left")
    return Town(reports, calls, orders, customers, truth)


def _kinds(rng, managers, dishonest, odd):
    kinds = np.full(managers, "honest", dtype=object)
    order, at = rng.permutation(managers), 0
    for names, share in ((DISHONEST, dishonest), (ODD, odd)):
        for name in names:
            size = round(share * managers / 2) * 2  # pairs need each other
            kinds[order[at : at + size]] = name
            at += size
    return kinds.astype(str)


def _contacts(rng, kinds, each):
    """Who reports how often, by which channel, with what outcome, as an honest month would go."""
    size = rng.poisson(each, len(kinds)).clip(20)
    size = np.where(kinds == "few customers", rng.integers(4, 13, len(kinds)), size)
    staff = np.repeat(np.arange(len(kinds)), size)
    kind, n = kinds[staff], len(staff)
    walks = rng.beta(8, 10, len(kinds))[staff]  # share of visits differs from manager to manager
    channel = np.where(rng.random(n) < walks, "visit", np.where(rng.random(n) < 0.06, "counter", "call"))
    reached = rng.random(n) < np.where(channel == "call", 0.6, 0.7)
    spoke = rng.choice(["refused", "interested", "callback", "bought"], n, p=[0.5, 0.25, 0.15, 0.1])
    silent = np.where(channel == "visit", "not_home", "not_reached")
    outcome = np.where(reached | (channel == "counter"), spoke, silent)
    day = rng.choice(WORKED, n)
    return pl.DataFrame(
        {"staff": staff, "kind": kind, "channel": channel, "outcome": outcome, "day": day, "customer": np.arange(n)}
    )


def _make_up(rng, reports):
    """Which of them never happened, and what the liars change to make them look well."""
    n, kind = len(reports), reports["kind"].to_numpy()
    channel, outcome, day = (reports[name].to_numpy().copy() for name in ("channel", "outcome", "day"))
    share = np.array([SHARE_MADE_UP.get(name, 0.0) for name in kind])
    weight = np.ones(n)
    weight[(kind == "claims calls")] = np.where(channel[kind == "claims calls"] == "call", 1.75, 0.0)
    weight[(kind == "adapts")] = np.where(channel[kind == "adapts"] == "visit", 1.2, 0.85)
    made_up = rng.random(n) < share * weight
    claimed = rng.choice(["refused", "interested", "callback", "bought"], n, p=[0.45, 0.3, 0.2, 0.05])
    outcome = np.where(made_up & (rng.random(n) < 0.85), claimed, outcome)
    bursts = made_up & (kind == "bursts at month's end")
    day = np.where(bursts, rng.choice(WORKED[-3:], n), day)
    channel = np.where(made_up & (channel == "counter"), "call", channel)
    silent = np.where(channel == "visit", "not_home", "not_reached")
    outcome = np.where(np.isin(outcome, ["not_home", "not_reached"]), silent, outcome)
    columns = {"channel": channel, "outcome": outcome, "day": day, "made_up": made_up}
    spoke = ~np.isin(outcome, ["not_home", "not_reached"])
    return reports.with_columns(**{name: pl.Series(values) for name, values in columns.items()}, spoke=pl.Series(spoke))


def _timetable(rng, reports):
    """How long calls and contacts are and when they begin: honest days in their order, typed ones in a row."""
    n, kind = len(reports), reports["kind"].to_numpy()
    spoke, made_up, outcome = (reports[name].to_numpy() for name in ("spoke", "made_up", "outcome"))
    call, careful = (
        reports["channel"].to_numpy() == "call",
        np.isin(kind, ["adapts", "copies notes", "claims calls", "swaps phones"]),
    )
    pace = np.exp(rng.normal(0, 0.2, kind.size and int(reports["staff"].max()) + 1))[reports["staff"].to_numpy()]
    pace = pace * np.where(kind == "slow elder", 2.2, np.where(kind == "fast talker", 0.45, 1.0))
    talk = pace * np.exp(rng.normal(np.where(outcome == "refused", np.log(40), np.log(130)), 0.6))
    talk = np.where(spoke, talk.clip(4), 0.0)
    visit = pace * np.exp(rng.normal(np.where(outcome == "refused", np.log(200), np.log(480)), 0.6))
    filling = rng.gamma(3, 10, n) + 6
    lasted = np.where(call, talk, np.where(spoke, visit, 30)) + filling
    typed = np.exp(rng.normal(np.log(28), 0.5, n))
    sloppy = made_up & ~careful
    lasted = np.where(sloppy & (rng.random(n) < 0.8), typed, lasted)
    pause = np.where(sloppy, np.exp(rng.normal(np.log(25), 0.6, n)), np.exp(rng.normal(np.log(np.where(call, 240, 900)), 0.8)))
    pause = np.where((kind == "tower block") & ~made_up, np.exp(rng.normal(np.log(60), 0.6, n)), pause)
    begins = np.where(kind == "night district", 16.5, 9.0) + rng.normal(0, 0.3, n)
    frame = reports.with_columns(talk=pl.Series(talk), lasted=pl.Series(lasted), pause=pl.Series(pause), begins=pl.Series(begins))
    frame = frame.with_columns(turn=pl.Series(rng.random(n) + np.where(sloppy, 1.0, 0.0)), never=pl.Series(rng.random(n) < 0.04))
    frame = frame.sort("staff", "day", "turn")
    whole = pl.col("lasted") + pl.col("pause")
    start = (
        pl.col("day") * 86_400
        + pl.col("begins").first().over("staff", "day") * 3_600
        + whole.cum_sum().over("staff", "day")
        - whole
    )
    return frame.with_columns(
        started=start + FIRST.timestamp() - 8 * 3_600, lasted=pl.when("never").then(None).otherwise("lasted")
    )


def _places(rng, reports):
    """Where customers live and where phones say they were."""
    n, staff = len(reports), reports["staff"].to_numpy()
    kind, made_up = reports["kind"].to_numpy(), reports["made_up"].to_numpy()
    people = int(staff.max()) + 1
    centre = np.column_stack([39.0 + rng.random(people), 117.0 + rng.random(people)])
    spread = np.where(kind == "tower block", 25.0, 900.0)[:, None]
    door = centre[staff] + _degrees(rng.normal(0, 1, (n, 2)) * spread)
    accuracy = np.exp(rng.normal(np.log(18), 0.7, n)) * np.where(kind == "basement", 20, 1)
    heard = door + _degrees(rng.normal(0, 1, (n, 2)) * accuracy[:, None] * 0.7)
    away = rng.random(n) < rng.beta(0.4, 30, people)[staff]  # met elsewhere, or written down at home
    heard = np.where(away[:, None], door + _degrees(rng.normal(0, 2_500, (n, 2))), heard)
    sofa = (centre + _degrees(rng.normal(0, 2_000, (people, 2))))[staff] + _degrees(rng.normal(0, 6, (n, 2)))
    careful = np.isin(kind, ["adapts", "swaps phones", "copies notes"])
    lies = made_up & ~careful & (rng.random(n) < 0.7)
    heard = np.where(lies[:, None], sofa, heard)
    near = made_up & careful
    heard = np.where(near[:, None], door + _degrees(rng.normal(0, 50, (n, 2))), heard)
    silent = rng.random(n) < np.where(kind == "basement", 0.7, np.where(made_up & ~careful, 0.3, 0.07))
    mocked = (rng.random(n) < np.where(made_up & (kind == "all fake"), 0.1, 0.0002)) & ~silent
    known = door + _degrees(rng.normal(0, 45, (n, 2)))
    lat, lon = (np.where(silent, np.nan, heard[:, at]) for at in (0, 1))
    columns = {"latitude": lat, "longitude": lon, "accuracy": np.where(silent, np.nan, accuracy)}
    placed = reports.with_columns(**{name: pl.Series(values, nan_to_null=True) for name, values in columns.items()})
    placed = placed.with_columns(mock=pl.when(pl.Series(~silent)).then(pl.Series(mocked)))
    numbers = reports["customer"].to_numpy()
    return placed, pl.DataFrame(
        {"customer": numbers, "latitude": known[:, 0], "longitude": known[:, 1], "exact": rng.random(n) < 0.94}
    )


def _degrees(metres):
    return metres / METRES * np.array([1.0, 1 / np.cos(np.radians(39.5))])


def _phones(rng, reports):
    """One phone each; two share one; a few lend theirs for a day; pairs that cheat exchange theirs on many days."""
    staff, kind, day = (reports[name].to_numpy() for name in ("staff", "kind", "day"))
    phone = staff.copy()
    partner = np.arange(int(staff.max()) + 1)
    for name in ("swaps phones", "shared phone"):
        members = np.unique(staff[kind == name])
        partner[members[::2]], partner[members[1::2]] = members[1::2], members[::2]
    phone = np.where(kind == "shared phone", np.minimum(staff, partner[staff]), phone)
    swapped = rng.random((len(partner), DAYS)) < 0.5
    swapped = swapped[np.minimum(staff, partner[staff]), day]
    phone = np.where((kind == "swaps phones") & (swapped | reports["made_up"].to_numpy()), partner[staff], phone)
    lent = (rng.random(len(partner)) < 0.01)[staff] & (kind == "honest") & (day == WORKED[5])
    phone = np.where(lent, (staff + 1) % len(partner), phone)
    late = np.where(kind == "basement", rng.gamma(2, 20_000, len(staff)), rng.gamma(2, 200, len(staff)))
    return reports.with_columns(
        device=pl.Series([f"phone-{number}" for number in phone]), uploaded=pl.col("started") + pl.Series(late)
    )


def _notes_and_photos(rng, reports):
    n, staff = len(reports), reports["staff"].to_numpy()
    kind, made_up = reports["kind"].to_numpy(), reports["made_up"].to_numpy()
    picked = np.array(WORDS)[rng.integers(0, len(WORDS), (n, 5))]
    stock = [f"客户说{a}，{b}，下次再联系看看" for a, b in zip(WORDS, WORDS[3:] + WORDS[:3], strict=True)]
    usual = np.array(stock)[rng.integers(0, 15, (int(staff.max()) + 1, 3))][staff, rng.integers(0, 3, n)]
    habit = rng.random(n) < rng.beta(1, 12, int(staff.max()) + 1)[staff]
    notes = ["，".join(words[: 3 + number % 3]) for number, words in enumerate(picked)]
    notes = np.where(habit | (made_up & (kind == "copies notes")) | (made_up & (kind == "all fake")), usual, notes)
    has = rng.random(n) < np.where(made_up & (kind == "copies notes"), 0.95, 0.45)
    looks = rng.integers(-(2**62), 2**62, n)
    reused = made_up & np.isin(kind, ["all fake", "fakes 30 %", "fakes 15 %"]) & (rng.random(n) < 0.5)
    looks = np.where(reused, looks[np.searchsorted(staff, staff)], looks)
    pictured = (reports["channel"].to_numpy() == "visit") & (rng.random(n) < 0.2)
    photos = pl.Series(
        [[int(look)] if shown else None for look, shown in zip(looks, pictured, strict=True)], dtype=pl.List(pl.Int64)
    )
    return reports.with_columns(note=pl.Series(np.where(has, notes, None).tolist(), dtype=pl.String), looks=photos)


def _feeds(rng, reports):
    """What telephony and billing hold: of an honest call its row, but for a private phone now and then."""
    n, staff, made_up = len(reports), reports["staff"].to_numpy(), reports["made_up"].to_numpy()
    kind, spoke = reports["kind"].to_numpy(), reports["spoke"].to_numpy()
    call = reports["channel"].to_numpy() == "call"
    private = rng.random(n) < rng.beta(0.5, 60, int(staff.max()) + 1)[staff]
    rung = made_up & (kind == "adapts") & (rng.random(n) < 0.7)
    there = call & np.where(made_up, rung, ~private)
    seconds = np.where(rung, rng.integers(2, 16, n), reports["talk"].to_numpy()).round()
    begun = reports["started"].to_numpy() + rng.normal(0, 40, n)
    calls = pl.DataFrame({"staff": staff, "customer": reports["customer"], "started": begun, "seconds": seconds}).filter(
        pl.Series(there)
    )
    bought = spoke & (reports["outcome"].to_numpy() == "bought") & ~made_up & (rng.random(n) < 0.985)
    orders = pl.DataFrame({"customer": reports["customer"], "ordered": reports["started"] + pl.Series(rng.gamma(1.0, 20_000, n))})
    return calls, orders.filter(pl.Series(bought))
