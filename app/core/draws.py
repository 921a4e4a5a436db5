"""Chance that anybody can repeat: numbers that depend on a text and a seed, never on ids of a database.

A key is the first 8 bytes of a SHA-256. A draw mixes it with a seed by the finalizer of SplitMix64 (Steele, Lea, Flood 2014,
"Fast splittable pseudorandom number generators"), whose every output bit depends on every input bit: for millions at once.
"""

from hashlib import sha256

import numpy as np
from numpy.typing import ArrayLike, NDArray

DRAW_RANGE = 2**32


def draw_key(text: str) -> int:
    """The key of a text, as PostgreSQL holds it: a signed number of 64 bits."""
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big", signed=True)


def draw_key_sql(column: str) -> str:
    """`draw_key` of an SQL expression."""
    hashed = f"encode(substring(sha256(convert_to({column}, 'UTF8')) FROM 1 FOR 8), 'hex')"
    return f"CAST(CAST('x' || {hashed} AS bit(64)) AS bigint)"


def draw_numbers(seed: str, keys: ArrayLike) -> NDArray[np.int64]:
    """For each key a number from 0 to 2^32 - 1, uniform over keys, another for each `seed`, the same for ever."""
    mixed = np.atleast_1d(np.asarray(keys, dtype=np.int64)).view(np.uint64) ^ np.uint64(draw_key(seed) % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(32)).astype(np.int64)
