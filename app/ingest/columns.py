"""What a feed and its columns can be: the words in which the table of feeds is written."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a column is read, and what it becomes in an accepted row."""

    CODE = "code"  # text on one line, without control or invisible characters
    TEXT = "text"  # text; line breaks and tabs allowed
    CHOICE = "choice"  # one of the column's `choices`
    INTEGER = "integer"
    DECIMAL = "decimal"  # exact, with at most `scale` decimals
    FLOAT = "float"
    DATE = "date"  # local day
    INSTANT = "instant"  # becomes UTC
    UNTIL = "until"  # an instant, or a local day that still belongs to it
    MONTH = "month"  # YYYY-MM
    PHONE = "phone"
    CODES = "codes"  # several codes, `;` between them


class Lookup(StrEnum):
    """What a reference column points at. The service resolves it; an unknown one is a rejected row."""

    UNIT = "unit"
    GRID = "grid"  # a unit whose kind is grid
    STAFF = "staff"
    PRODUCT = "product"
    CUSTOMER = "customer"


@dataclass(frozen=True)
class Column:
    """One column of a feed. `low` and `high` are inclusive; `default` stands for a blank or absent value."""

    name: str
    kind: Kind
    required: bool = False
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    scale: int = 4
    max_length: int = 64
    default: str | None = None
    refers_to: Lookup | None = None


@dataclass(frozen=True)
class Feed:
    """One feed. `key` identifies a row; `in_order` holds pairs (earlier, later) of columns; `apart` pairs that must differ.

    `together` holds pairs that are both given or both blank; `keeps_extra` says that unknown columns are data.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    in_order: tuple[tuple[str, str], ...] = ()
    apart: tuple[tuple[str, str], ...] = ()
    together: tuple[tuple[str, str], ...] = ()
    keeps_extra: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in the order of the contract."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The names that a header must hold."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def references(self) -> dict[str, Lookup]:
        """Column name to what it points at."""
        return {c.name: c.refers_to for c in self.columns if c.refers_to is not None}

    @property
    def expected_header(self) -> str:
        """The header as the contract writes it: a star after each required name."""
        header = ",".join(c.name + "*" * c.required for c in self.columns)
        return header + (",any number of figures" if self.keeps_extra else "")
