"""A walking order for the visits of a day, by VROOM over straight lines, and what is nearest (pure). Offered, never forced."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

MOST_STOPS = 60  # of one walk: nobody visits more in a day, and it takes a tenth of a second
EARTH_RADIUS = 6_371_000  # metres
_EXPLORATION = 1  # of 5; more costs ten times as long for one way in a hundred. One thread: the same visits, the same walk


@dataclass(frozen=True)
class Stop:
    """A place by its degrees, and what it is for."""

    key: int
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Leg:
    """The next stop of a walk, and the straight line to it from the one before, in metres."""

    key: int
    metres: int


def straight_lines(latitudes: NDArray[np.float64], longitudes: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Metres between each two places, degrees given, by the haversine formula; (n, n)."""
    phi, lam = np.radians(latitudes), np.radians(longitudes)
    half = np.sin((phi[:, None] - phi[None, :]) / 2) ** 2
    half += np.cos(phi)[:, None] * np.cos(phi)[None, :] * np.sin((lam[:, None] - lam[None, :]) / 2) ** 2
    metres: NDArray[np.uint32] = np.rint(2 * EARTH_RADIUS * np.arcsin(np.sqrt(np.minimum(half, 1)))).astype(np.uint32)
    return metres


def by_nearest(stops: Sequence[Stop], start: tuple[float, float]) -> list[Leg]:
    """Every stop with the straight line to it from `start` (latitude, longitude), the nearest first."""
    if not stops:
        return []
    metres = straight_lines(
        np.array([start[0], *(stop.latitude for stop in stops)]), np.array([start[1], *(stop.longitude for stop in stops)])
    )[0, 1:]
    legs = [Leg(stop.key, int(away)) for stop, away in zip(stops, metres, strict=True)]
    return sorted(legs, key=lambda leg: (leg.metres, leg.key))


def walk(stops: Sequence[Stop], start: tuple[float, float] | None = None) -> list[Leg]:
    """A short way through the stops from `start` (latitude, longitude), else from the first of them; it need not come back.

    Of more than MOST_STOPS the first are taken. The same stops in the same order give the same walk.
    """
    import vroom  # brings pandas: only who walks pays for it

    stops = stops[:MOST_STOPS]
    if not stops:
        return []
    first = start or (stops[0].latitude, stops[0].longitude)
    metres = straight_lines(
        np.array([first[0], *(stop.latitude for stop in stops)]), np.array([first[1], *(stop.longitude for stop in stops)])
    )
    problem = vroom.Input()
    problem.set_durations_matrix("car", metres)
    problem.add_vehicle(vroom.Vehicle(0, start=0, profile="car"))
    problem.add_job([vroom.Job(place, location=place) for place in range(1, len(stops) + 1)])
    steps = problem.solve(exploration_level=_EXPLORATION, nb_threads=1).to_dict()["routes"][0]["steps"]
    way = [0, *(step["id"] for step in steps if step["type"] == "job")]
    return [Leg(stops[place - 1].key, int(metres[before, place])) for before, place in pairwise(way)]
