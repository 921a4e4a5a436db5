"""What a row must agree with beyond itself: the units, people, products and customers that are known, and the rows beside it.

Each statement puts rows aside in `import_faults`; a row has one fault, the first. Feeds whose rows refer to each other are
looked at until nothing more is found, because a row that is put aside may leave another without what it refers to.
"""

from string import Template

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import count_changed
from app.ingest.columns import Feed
from app.ingest.statements import unknown_reference_statements

_FAULT = Template(
    "INSERT INTO import_faults SELECT s.line, '$column', '$code', $reason FROM import_rows s $rest ON CONFLICT DO NOTHING"
)

# What there will be once the file is in: a known unit keeps its kind, of a new code given twice the last line counts.
_KNOWN_UNITS = """(
    SELECT code, kind FROM units UNION ALL
    (SELECT DISTINCT ON (code) code, kind FROM import_rows WHERE code NOT IN (SELECT code FROM units)
    ORDER BY code, line DESC))"""
_KNOWN_PRODUCTS = "(SELECT product_code FROM import_rows UNION SELECT product_code FROM products)"
_PARENT_KIND = "CASE s.kind WHEN 'branch' THEN 'company' ELSE 'branch' END"


def _fault(column: str, code: str, reason: str, rest: str) -> str:
    return _FAULT.substitute(column=column, code=code, reason=reason, rest=rest)


_UNITS = [
    _fault(
        "kind",
        "kind_changed",
        "format('expected %s, unit \"%s\" keeps its kind', u.kind, s.code)",
        "JOIN units u ON u.code = s.code WHERE u.kind <> s.kind",
    ),
    _fault(
        "kind",
        "second_company",
        "format('expected one company, there is \"%s\"', c.code)",
        "JOIN (SELECT code, 0 AS line FROM units WHERE kind = 'company'"
        " UNION ALL (SELECT code, line FROM import_rows WHERE kind = 'company' ORDER BY line LIMIT 1)) c"
        " ON c.code <> s.code AND c.line < s.line WHERE s.kind = 'company'",
    ),
    _fault(
        "parent_code",
        "wrong_parent",
        "'expected no parent, this is the company'",
        "WHERE s.kind = 'company' AND s.parent_code IS NOT NULL",
    ),
    _fault(
        "parent_code",
        "value_missing",
        f"format('expected the code of the %s above this %s', {_PARENT_KIND}, s.kind)",
        "WHERE s.kind <> 'company' AND s.parent_code IS NULL",
    ),
    _fault(
        "parent_code",
        "unknown_reference",
        "format('there is no unit \"%s\"', s.parent_code)",
        f"LEFT JOIN {_KNOWN_UNITS} k ON k.code = s.parent_code WHERE s.parent_code IS NOT NULL AND k.code IS NULL",
    ),
    _fault(
        "parent_code",
        "wrong_parent",
        f"format('expected a %s above a %s, \"%s\" is a %s', {_PARENT_KIND}, s.kind, k.code, k.kind)",
        f"JOIN {_KNOWN_UNITS} k ON k.code = s.parent_code WHERE s.kind <> 'company' AND k.kind <> {_PARENT_KIND}",
    ),
]
_PRODUCTS = [
    _fault(
        "bundle_of",
        "same_twice",
        "'expected other products than this one'",
        "WHERE s.product_code = ANY(string_to_array(s.bundle_of, ';'))",
    ),
    _fault(
        "bundle_of",
        "unknown_reference",
        "format('there is no product \"%s\"', part)",
        f"CROSS JOIN unnest(string_to_array(s.bundle_of, ';')) part WHERE part NOT IN {_KNOWN_PRODUCTS}",
    ),
]
_STAFF = [
    _fault(
        "unit_code",
        "wrong_unit",
        "format('expected a %s for a %s, \"%s\" is a %s', w.kind, s.role, u.code, u.kind)",
        "JOIN units u ON u.code = s.unit_code JOIN (VALUES ('terminal_manager', 'grid'), ('grid_manager', 'grid'),"
        " ('branch_manager', 'branch')) w (role, kind) ON w.role = s.role WHERE u.kind <> w.kind",
    )
]
_PREFERENCES = [
    _fault(
        "scope",
        "unknown_reference",
        "format('expected all, call, visit, sms or a product family, there is no family \"%s\"', s.scope)",
        "WHERE s.scope NOT IN ('all', 'call', 'visit', 'sms') AND s.scope NOT IN (SELECT family FROM products)",
    )
]
_SET_APART = "DELETE FROM import_rows WHERE line IN (SELECT line FROM import_faults)"
_MORE = {"products": _PRODUCTS, "staff": _STAFF, "contact_preferences": _PREFERENCES}
_REFER_TO_EACH_OTHER = {"org_units", "products"}


def put_aside_unknown(session: Session, feed: Feed) -> int:
    """Move the staged rows that refer to nothing, or to the wrong thing, to `import_faults`. Returns how many."""
    statements = _UNITS if feed.name == "org_units" else [*unknown_reference_statements(feed), *_MORE.get(feed.name, [])]
    total = 0
    while True:
        for statement in statements:
            session.execute(text(statement))
        found = count_changed(session, _SET_APART)
        total += found
        if not found or feed.name not in _REFER_TO_EACH_OTHER:
            return total
