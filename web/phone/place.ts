// Where the phone is: asked for at a visit, never waited for.
export interface Place {
  latitude: number;
  longitude: number;
  accuracy: number;
  at: number;
}

const GOOD_FOR_MS = 3 * 60 * 1000;
const EARTH_METRES = 6_371_000;
let last: Place | null = null;

/** Look for the place; the answer is there for `placeNow` when it has come. */
export function lookForPlace(then: (place: Place) => void = () => undefined): void {
  if (!("geolocation" in navigator)) return;
  navigator.geolocation.getCurrentPosition(
    ({ coords, timestamp }) => {
      last = { latitude: coords.latitude, longitude: coords.longitude, accuracy: coords.accuracy, at: timestamp };
      then(last);
    },
    () => undefined,
    { enableHighAccuracy: true, maximumAge: 60_000, timeout: 20_000 },
  );
}

/** The last place found, if it is still good. */
export function placeNow(): Place | null {
  return last && Date.now() - last.at < GOOD_FOR_MS ? last : null;
}

/** Metres between two places, by the haversine formula. */
export function metresBetween(
  one: { latitude: number; longitude: number },
  other: { latitude: number; longitude: number },
): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const half = (from: number, to: number): number => Math.sin((radians(to) - radians(from)) / 2) ** 2;
  const across = Math.cos(radians(one.latitude)) * Math.cos(radians(other.latitude)) * half(one.longitude, other.longitude);
  return 2 * EARTH_METRES * Math.asin(Math.sqrt(half(one.latitude, other.latitude) + across));
}
