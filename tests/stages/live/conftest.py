"""How many rows statements look at."""

from collections.abc import Callable, Collection, Iterator

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session


def _nodes(plan: dict) -> Iterator[dict]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


@pytest.fixture
def reads_of() -> Callable[[Session, Callable[[], None], Collection[str]], dict[tuple[str, str], int]]:
    """(table, kind of scan): the most rows that one statement of this work looked at in one of these tables."""

    def measure(session, work, tables):
        engine, asked = session.get_bind(), []

        def keep(connection: Connection, cursor, statement, parameters, context, executemany) -> None:
            asked.append((statement, parameters))

        event.listen(engine, "before_cursor_execute", keep)
        try:
            work()
        finally:
            event.remove(engine, "before_cursor_execute", keep)
        found: dict[tuple[str, str], int] = {}
        for statement, parameters in asked:
            if not statement.lstrip().upper().startswith(("SELECT", "WITH")):
                continue
            plan = session.connection().exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()
            for node in _nodes(plan[0]["Plan"]):
                table = node.get("Relation Name", "").removesuffix("_shared")  # where there are parts: that of all small runs
                if table in tables:
                    rows = int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
                    key = table, node["Node Type"]
                    found[key] = max(found.get(key, 0), rows)
        return found

    return measure
