"""The chain of seals over the ledger (pure): what a seal hashes, and where a chain breaks.

A seal covers the one before it, the leaves of its entries and the overrides so far, so that nothing sealed is changed, removed,
added or put elsewhere unnoticed; that its end was cut off is seen by who kept the newest seal (`anchor`).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

BEGINNING = "0" * 64  # before the first seal


@dataclass(frozen=True)
class Seal:
    """One link."""

    id: int
    last_entry_id: int
    entry_count: int
    override_count: int
    overrides_sha256: str
    previous_sha256: str
    sha256: str


@dataclass(frozen=True)
class Break:
    """Where the ledger is not what was sealed. `kind`: changed, removed, added, seal, overrides or anchor."""

    kind: str
    place: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.place}"


def digest(parts: Iterable[str]) -> str:
    """SHA-256 of these lines, in hex."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def make_seal(
    *, number: int, leaves: Sequence[tuple[int, str]], override_count: int, overrides_sha256: str, previous_sha256: str
) -> Seal:
    """The seal with this number over these leaves, (entry id, hash) by entry."""
    last = leaves[-1][0]
    told = [number, last, len(leaves), override_count, overrides_sha256, previous_sha256, [list(leaf) for leaf in leaves]]
    return Seal(number, last, len(leaves), override_count, overrides_sha256, previous_sha256, digest([json.dumps(told)]))


def find_breaks(
    seals: Sequence[Seal],
    sealed: Mapping[int, Sequence[tuple[int, str]]],
    now: Iterable[tuple[int, str]],
    overrides: Sequence[str],
    *,
    anchor: str | None = None,
) -> Iterator[Break]:
    """Every difference between the ledger and its seals, in order. `sealed`: the leaves kept by seal; `now`: the leaves of the
    entries as they are; `overrides`: each in a line, oldest first; `anchor`: a seal's hash that somebody kept elsewhere."""
    yield from _broken_links(seals, sealed, overrides)
    kept = {entry_id: leaf for leaves in sealed.values() for entry_id, leaf in leaves}
    last = seals[-1].last_entry_id if seals else 0
    found = set()
    for entry_id, leaf in now:
        found.add(entry_id)
        if entry_id in kept and kept[entry_id] != leaf:
            yield Break("changed", f"entry {entry_id}, its sides or its evidence")
        elif entry_id not in kept and entry_id <= last:
            yield Break("added", f"entry {entry_id}, behind what was sealed")
    for entry_id in sorted(kept.keys() - found):
        yield Break("removed", f"entry {entry_id}")
    if anchor is not None and anchor not in {seal.sha256 for seal in seals}:
        yield Break("anchor", f"no seal is {anchor}: the chain was cut off or written anew")


def _broken_links(
    seals: Sequence[Seal], sealed: Mapping[int, Sequence[tuple[int, str]]], overrides: Sequence[str]
) -> Iterator[Break]:
    previous = BEGINNING
    for number, seal in enumerate(seals, start=1):
        leaves = sorted(sealed.get(seal.id, ()))
        if not leaves or seal != make_seal(
            number=number,
            leaves=leaves,
            override_count=seal.override_count,
            overrides_sha256=seal.overrides_sha256,
            previous_sha256=previous,
        ):
            yield Break("seal", f"seal {seal.id} does not follow from what it covers")
        if digest(overrides[: seal.override_count]) != seal.overrides_sha256:
            yield Break("overrides", f"those until seal {seal.id} were changed or removed")
        previous = seal.sha256
