"""The SQL of each feed, made from the table of feeds: where its rows go, what they refer to, how they are merged.

Names in these statements come from `feeds.py` alone, never from a file. `s` is a staged row, `t` a row of the feed's table,
`r_<column>` what a column refers to.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from string import Template

from app.core.draws import draw_key_sql
from app.ingest.columns import Column, Feed, Kind, Lookup

ROWS = "import_rows"
FAULTS = "import_faults"

_TABLES = {"org_units": "units"}
_KEYS = {"contact_preferences": ("customer_no", "scope")}  # the newest of them is what the table holds
_ID_COLUMNS = {
    "grid_code": "grid_id",
    "owner_staff_no": "owner_staff_id",
    "staff_no": "staff_id",
    "unit_code": "unit_id",
    "parent_code": "parent_id",
    "customer_no": "customer_id",
    "other_customer_no": "other_customer_id",
    "product_code": "product_id",
}
_LOOKUPS = {
    Lookup.UNIT: ("units", "code", "unit", ""),
    Lookup.GRID: ("units", "code", "grid", "AND $alias.kind = 'grid'"),
    Lookup.STAFF: ("staff", "staff_no", "staff member", ""),
    Lookup.PRODUCT: ("products", "product_code", "product", ""),
    Lookup.CUSTOMER: ("customers", "customer_no", "customer", ""),
}
_VALUES = {
    ("products", "family"): "coalesce(s.family, s.product_code)",
    ("complaints", "topic"): "coalesce(s.topic, '')",
    # `until` is the instant at which it ends; the table holds the last local day that it still touches.
    ("contact_preferences", "until"): "CAST((s.until - interval '1 microsecond') AT TIME ZONE :zone AS date)",
    ("base_points", "period"): "to_date(s.period, 'YYYY-MM')",
}
_TYPES = {
    Kind.INTEGER: "bigint",
    Kind.DECIMAL: "numeric",
    Kind.FLOAT: "double precision",
    Kind.DATE: "date",
    Kind.INSTANT: "timestamptz",
    Kind.UNTIL: "timestamptz",
}

# Both halves see the table as it was before. No ON CONFLICT, which costs every new row a second look: imports of one feed wait
# for each other, nobody else writes here, and if somebody did, the unique key would refuse the whole import.
_MERGE = Template("""
WITH changed AS (
    UPDATE $table AS t SET $changes FROM import_rows s $joins
    WHERE $only $same_key AND ROW($old) IS DISTINCT FROM ROW($new) RETURNING 1
), added AS (
    INSERT INTO $table ($columns) SELECT $values FROM import_rows s $joins
    WHERE $only NOT EXISTS (SELECT FROM $table t WHERE $same_key) RETURNING 1)
SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed)
""")
_UNKNOWN = Template("""
INSERT INTO import_faults SELECT s.line, '$column', 'unknown_reference', 'there is no $noun "' || s.$column || '"'
FROM import_rows s $join WHERE s.$column IS NOT NULL AND $alias.id IS NULL ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True)
class Target:
    """Where a feed's rows go: `values` is table column to SQL, `key` the table's unique key, `joins` the lookups."""

    table: str
    key: tuple[str, ...]
    values: dict[str, str]
    joins: str

    @property
    def same_key(self) -> str:
        """That a staged row and a row of the table are the same thing."""
        return " AND ".join(f't."{name}" = {self.values[name]}' for name in self.key)


def target_of(feed: Feed) -> Target:
    """Where this feed goes."""
    values = {column_in_table(column): _value(feed, column) for column in feed.columns}
    if feed.name == "customers":
        values["draw_key"] = draw_key_sql("s.customer_no")
    names = {column.name: column_in_table(column) for column in feed.columns}
    key = tuple(names[name] for name in _KEYS.get(feed.name, feed.key))
    return Target(_TABLES.get(feed.name, feed.name), key, values, " ".join(_join(column) for column in _looked_up(feed)))


def column_in_table(column: Column) -> str:
    """The name of a feed's column in its table: references are ids there."""
    return _ID_COLUMNS[column.name] if _is_looked_up(column) else column.name


def staging_columns(feed: Feed) -> str:
    """The columns of the staging table, in the order in which a chunk is copied."""
    columns = [f'"{column.name}" {_TYPES.get(column.kind, "text")}' for column in feed.columns]
    return ", ".join([*columns, "line bigint"])


def merge_statement(feed: Feed, *, only: str = "") -> str:
    """Insert what is new, update what differs, leave the rest untouched and unlocked; gives (inserted, updated).

    `only` narrows the staged rows, for a feed whose rows refer to each other. Parameter: zone, for contact_preferences.
    """
    target = target_of(feed)
    free = {name: value for name, value in target.values.items() if name not in target.key}
    compared = {name: value for name, value in free.items() if name != "draw_key"}  # follows from the key
    changes = [f'"{name}" = {value}' for name, value in free.items()]
    if target.table == "customers":
        changes.append("changed_xid = pg_current_xact_id()")  # phones learn of it by this
    return _MERGE.substitute(
        table=target.table,
        columns=_quoted(target.values),
        values=", ".join(target.values.values()),
        joins=target.joins,
        same_key=target.same_key,
        only=f"{only} AND " if only else "",
        old=", ".join(f't."{name}"' for name in compared),
        new=", ".join(compared.values()),
        changes=", ".join(changes),
    )


def unknown_reference_statements(feed: Feed) -> list[str]:
    """Put aside the rows with a reference to nothing, one statement for each column that refers."""
    statements = []
    for column in _looked_up(feed):
        noun, alias = _lookup(column)[2], f"r_{column.name}"
        statements.append(_UNKNOWN.substitute(column=column.name, noun=noun, join=_join(column), alias=alias))
    return statements


def key_in_file(feed: Feed) -> str:
    """The staged columns by which two rows of one file are the same thing."""
    return _quoted(_KEYS.get(feed.name, feed.key))


def _value(feed: Feed, column: Column) -> str:
    if (feed.name, column.name) in _VALUES:
        return _VALUES[feed.name, column.name]
    if column.kind is Kind.CODES:
        return f"coalesce(string_to_array(s.{column.name}, ';'), '{{}}')"
    return f"r_{column.name}.id" if _is_looked_up(column) else f's."{column.name}"'


def _is_looked_up(column: Column) -> bool:
    return column.refers_to is not None and column.kind is not Kind.CODES


def _looked_up(feed: Feed) -> list[Column]:
    return [column for column in feed.columns if _is_looked_up(column)]


def _lookup(column: Column) -> tuple[str, str, str, str]:
    assert column.refers_to is not None
    return _LOOKUPS[column.refers_to]


def _join(column: Column) -> str:
    table, code, _, more = _lookup(column)
    alias = f"r_{column.name}"
    return f"LEFT JOIN {table} {alias} ON {alias}.{code} = s.{column.name} " + Template(more).substitute(alias=alias)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
