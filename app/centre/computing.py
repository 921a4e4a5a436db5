"""The nightly computing of tags: branch by branch who bears which, then all at once what changed."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.centre import queries
from app.centre.bearing import Kinds, bearers, kind_of, problem_of
from app.centre.customers import read_people
from app.centre.queries import TagRow
from app.centre.rules import FEATURE, features_of
from app.core import clock
from app.core.db import refresh_statistics
from app.scoring.bulk import write_frame
from app.scoring.figures import read_manifest


def compute_tags(session: Session, *, now: datetime) -> dict[str, Any]:
    """Find anew who bears each tag in use, by what was known before today. Returns counts: tags, members by tag, broken.

    Who bore a tag before keeps the day since when, across versions too. A tag whose rule speaks of a feature that nobody has,
    or that is of another kind, keeps its last members and says so.
    """
    today = clock.local_date(now)
    tags = queries.tags_in_use(session)
    session.execute(text("CREATE TEMP TABLE IF NOT EXISTS tags_found (tag_id int, customer_id bigint) ON COMMIT DROP"))
    session.execute(text("TRUNCATE tags_found"))
    kinds = _find_members(session, tags, today)
    problems = {tag.id: problem for tag in tags if (problem := problem_of(tag.rule, kinds))}
    counts = _keep(session, [tag.id for tag in tags], problems, today=today, now=now)
    return {"tags": len(tags), "members": counts, "broken": {tag.code: problems[tag.id] for tag in tags if tag.id in problems}}


def _find_members(session: Session, tags: Collection[TagRow], today: date) -> Kinds:
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    features = {name for tag in tags for name in features_of(tag.rule)}
    manifest = read_manifest(session, as_of=today)
    for branch_id in sorted(manifest.customers) if tags else ():
        people = read_people(session, branch_id=branch_id, manifest=manifest, features=features)
        for name in features:
            if kind := kind_of(people.schema[FEATURE + name]):
                kinds[name].add(kind)
        for tag in tags:
            if all(features_of(tag.rule).values()):
                write_frame(session, "tags_found", bearers(people, tag.id, tag.rule))
    return kinds


def _keep(session: Session, tag_ids: list[int], problems: Mapping[int, str], *, today: date, now: datetime) -> dict[str, int]:
    """Write what was found. A version that was replaced or retired meanwhile is left to the next time."""
    definitions = queries.lock_in_use(session, tag_ids)
    for broken in definitions:
        broken.problem = problems.get(broken.id)
    whole = [definition for definition in definitions if definition.problem is None]
    values = {"tags": [each.id for each in whole], "codes": [each.code for each in whole], "today": today}
    session.execute(text("ANALYZE tags_found"))
    session.execute(text("DROP TABLE IF EXISTS tags_new"))
    session.execute(_NEW, values)
    session.execute(_ADD, values)
    session.execute(_REMOVE, values)
    counts = {row.tag_id: row.n for row in session.execute(_COUNT, values)}
    for computed in whole:
        computed.computed_at, computed.member_count = now, counts.get(computed.id, 0)
    session.flush()
    refresh_statistics(session, "customer_tags")
    return {each.code: each.member_count or 0 for each in definitions}


# Found first and written after: a plan that reads the table while it grows would never end.
_NEW = text("""
CREATE TEMP TABLE tags_new ON COMMIT DROP AS
SELECT f.tag_id, f.customer_id, min(b.since) AS since
FROM tags_found f JOIN tag_definitions d ON d.id = f.tag_id
    LEFT JOIN (customer_tags b JOIN tag_definitions e ON e.id = b.tag_id) ON e.code = d.code AND b.customer_id = f.customer_id
WHERE f.tag_id = ANY(:tags)
GROUP BY f.tag_id, f.customer_id
HAVING coalesce(bool_and(b.tag_id <> f.tag_id), true)
""")
_ADD = text("""
INSERT INTO customer_tags (tag_id, customer_id, since) SELECT tag_id, customer_id, coalesce(since, :today) FROM tags_new
ORDER BY tag_id, customer_id
""")
_REMOVE = text("""
DELETE FROM customer_tags b USING tag_definitions e
WHERE e.id = b.tag_id AND e.code = ANY(:codes)
    AND NOT EXISTS (SELECT FROM tags_found f WHERE f.tag_id = b.tag_id AND f.customer_id = b.customer_id)
""")
_COUNT = text("SELECT tag_id, count(*) AS n FROM tags_found WHERE tag_id = ANY(:tags) GROUP BY tag_id ORDER BY tag_id")
