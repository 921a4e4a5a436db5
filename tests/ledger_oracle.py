"""What the ledger must hold, by the rules alone: a small model in memory, in whole units of 1/10,000 point.

Rules. A line belongs to one manager and one month and never changes. A month closes once, in order; its close posts to every
manager 10 points for success and 10 for accuracy (nothing to judge) and 60 x the fed percentage, at most 100. What comes later is
posted to the open month. A line is taken back once, whole, by a line of its own; what takes back is not taken back. A correction
takes back and posts what stands instead. A closed month takes nothing. Each line is in exactly one file of payroll.
"""

from collections import defaultdict
from dataclasses import dataclass, field

FALLBACK = 100_000
FULL = 600_000


@dataclass
class Line:
    """A line: whose, of which month (a number that counts up), how many units, what it is about; the file it is in."""

    manager: str
    month: int
    kind: str
    units: int
    about: int | None = None
    reversed: bool = False
    file: tuple[int, int] | None = None


class Refused(Exception):
    """The rules do not allow it."""


@dataclass
class Ledger:
    """Lines by their number in the order of posting."""

    managers: tuple[str, ...]
    month: int = 0
    lines: list[Line] = field(default_factory=list)
    versions: defaultdict[int, int] = field(default_factory=lambda: defaultdict(lambda: 1))

    def post(self, manager: str, units: int, about: int | None = None) -> int:
        """An adjustment in the open month; its number."""
        return self._add(Line(manager, self.month, "adjustment", units, about))

    def post_into(self, month: int, manager: str, units: int) -> int:
        """The same into a month of the caller's choice."""
        if month < self.month:
            raise Refused("closed")
        return self._add(Line(manager, month, "adjustment", units))

    def reverse(self, number: int) -> int:
        """Take a line back."""
        line = self.lines[number]
        if line.reversed or line.kind == "reversal":
            raise Refused("once")
        line.reversed = True
        return self._add(Line(line.manager, self.month, "reversal", -line.units, number))

    def correct(self, number: int, units: int) -> tuple[int, int]:
        """Take a line back and post what stands instead."""
        taken = self.reverse(number)
        return taken, self._add(Line(self.lines[number].manager, self.month, "correction", units, number))

    def close(self, fed: dict[str, int]) -> int:
        """Close the month; `fed` is the percentage of the existing scheme by manager. How many lines it earned."""
        earned = 0
        for manager in self.managers:
            for units in (FALLBACK, FALLBACK, FULL * min(fed.get(manager, 0), 100) // 100):
                self._add(Line(manager, self.month, "earned", units))
                earned += 1
        for line in self.lines:
            if line.month == self.month and line.file is None:
                line.file = (self.month, 1)
        self.month += 1
        return earned

    def pay_corrections(self, month: int) -> int:
        """A file of what corrects lines of a closed month and is in no file yet; how many lines."""
        if month >= self.month:
            raise Refused("open")
        found = [
            line
            for line in self.lines
            if line.file is None and line.about is not None and self.lines[line.about].month == month and line.kind != "earned"
        ]
        if not found:
            raise Refused("nothing")
        self.versions[month] += 1
        for line in found:
            line.file = (month, self.versions[month])
        return len(found)

    def totals(self) -> dict[tuple[int, str], int]:
        """Units by month and manager."""
        sums: defaultdict[tuple[int, str], int] = defaultdict(int)
        for line in self.lines:
            sums[line.month, line.manager] += line.units
        return dict(sums)

    def files(self) -> dict[tuple[int, int], tuple[int, int]]:
        """(lines, units) of each of payroll's files, by month and version."""
        held: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for line in self.lines:
            if line.file is not None:
                held[line.file].append(line.units)
        return {file: (len(units), sum(units)) for file, units in held.items()}

    def _add(self, line: Line) -> int:
        self.lines.append(line)
        return len(self.lines) - 1
