"""Reads behind the seals: hashes of entries as they are, computed by the database; seals and leaves as they were kept."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.models.ledger import LedgerLeaf, LedgerPosting, LedgerSeal
from app.points.ledger.chain import Seal

PAGE = 5_000  # entries

# Whatever the session's zone, date style and collation: numbers, JSON and epochs only.
_LEAVES = text(
    """
    SELECT e.id, encode(sha256(convert_to(jsonb_build_array(
            e.id, to_char(e.month, 'YYYY-MM'), e.staff_id, e.grid_id, e.component, e.kind, e.points::text, e.plan_id,
            e.refers_to_id, e.cause, e.explanation, e.dispute_id, extract(epoch FROM e.posted_at)::text,
            extract(epoch FROM e.recorded_at)::text, s.sides, v.evidence)::text, 'UTF8')), 'hex')
    FROM points_entries e
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_array(p.side, to_char(p.month, 'YYYY-MM'), p.staff_id, p.plan_id, p.amount)
                         ORDER BY p.side = 'plan') AS sides
        FROM ledger_postings p WHERE p.entry_id = e.id) s ON true
    LEFT JOIN LATERAL (
        SELECT encode(sha256(convert_to(string_agg(concat_ws('|', i.id, i.grid_id, i.staff_id, i.work_order_id,
                coalesce(i.feedback_id::text, '-'), coalesce(i.verification_id::text, '-'), coalesce(i.order_id::text, '-'),
                i.counted, i.weight, coalesce(i.score::text, '-')), chr(10) ORDER BY i.id), 'UTF8')), 'hex') AS evidence
        FROM points_evidence i WHERE i.entry_id = e.id) v ON true
    WHERE e.id > :after ORDER BY e.id LIMIT :limit
    """
)
_OVERRIDES = text(
    "SELECT jsonb_build_array(o.id, o.reason, o.role, extract(epoch FROM o.taken_at)::text, o.xid::text)::text"
    " FROM ledger_overrides o ORDER BY o.id"
)
# Each part of a table has its own, which may be switched off without that of the table.
_GUARDS = text("""
SELECT coalesce(CAST(one.part AS text), g.guarded) || ': ' || g.guard
FROM unnest(CAST(:tables AS text[]), CAST(:guards AS text[])) AS g (guarded, guard)
CROSS JOIN LATERAL (
    SELECT to_regclass('public.' || g.guarded) AS part
    UNION ALL SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass('public.' || g.guarded)) one
LEFT JOIN pg_trigger t ON t.tgrelid = one.part AND t.tgname = g.guard
WHERE t.tgenabled IS DISTINCT FROM 'O' ORDER BY 1
""")
KEPT = (
    "points_entries",
    "points_evidence",
    "monthly_statements",
    "payroll_files",
    "payroll_acknowledgements",
    "payroll_delta_files",
    "payroll_delta_acknowledgements",
    "payroll_file_lines",
    "points_inputs",
    "ledger_postings",
    "ledger_seals",
    "ledger_leaves",
    "ledger_overrides",
    "ledger_override_rows",
)
GUARDS = (
    *((table, guard) for table in KEPT for guard in ("append_only", "no_truncate")),
    *((table, "open_month") for table in ("points_entries", "points_evidence", "monthly_statements", "payroll_files")),
    *(("points_entries", guard) for guard in ("server_time", "reversal", "both_sides", "balance")),
    ("points_evidence", "lost"),
    ("work_orders", "no_truncate"),
    *((table, "kept_by_evidence") for table in ("points_entries", "work_orders", "contact_feedback", "verifications", "orders")),
    ("points_inputs", "open_month"),
    ("contact_feedback", "open_month"),
    ("ledger_postings", "balance"),
    ("points_months", "keep_closed"),
    ("points_months", "no_truncate"),
)


def leaves(session: Session, *, after: int, limit: int) -> list[tuple[int, str]]:
    """(entry id, hash of the entry with its sides and evidence) of the next entries after this one, as they are."""
    return [(entry_id, leaf) for entry_id, leaf in session.execute(_LEAVES, {"after": after, "limit": limit})]


def all_leaves(session: Session) -> Iterator[tuple[int, str]]:
    """The same of every entry, in pages."""
    after = -(2**62)
    while page := leaves(session, after=after, limit=PAGE):
        yield from page
        after = page[-1][0]


def last_sealed(session: Session) -> int:
    """The last entry under a seal; 0 before the first."""
    return session.scalars(select(func.coalesce(func.max(LedgerSeal.last_entry_id), 0))).one()


def find_newest(session: Session) -> LedgerSeal | None:
    """The newest seal."""
    return session.scalar(select(LedgerSeal).order_by(LedgerSeal.id.desc()).limit(1))


def seals(session: Session) -> list[Seal]:
    """Every seal, oldest first."""
    columns = [getattr(LedgerSeal, name) for name in Seal.__dataclass_fields__]
    return [Seal(*row) for row in session.execute(select(*columns).order_by(LedgerSeal.id))]


def kept_leaves(session: Session) -> dict[int, list[tuple[int, str]]]:
    """The leaves of each seal as they were kept."""
    kept: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    statement = select(LedgerLeaf.seal_id, LedgerLeaf.entry_id, LedgerLeaf.sha256).order_by(LedgerLeaf.entry_id)
    for seal_id, entry_id, leaf in session.execute(statement):
        kept[seal_id].append((entry_id, leaf))
    return kept


def override_lines(session: Session) -> Sequence[str]:
    """Every override in one line, oldest first."""
    return session.scalars(_OVERRIDES).all()


def unbalanced(session: Session) -> list[tuple[Month, int]]:
    """(month, units) where the sides of a month do not sum to 0."""
    total = func.sum(LedgerPosting.amount)
    statement = select(LedgerPosting.month, total).group_by(LedgerPosting.month).having(total != 0).order_by(LedgerPosting.month)
    return [(month, int(units)) for month, units in session.execute(statement)]


def missing_guards(session: Session) -> Sequence[str]:
    """Triggers of the ledger that are switched off or gone: `table: trigger`."""
    tables, guards = zip(*GUARDS, strict=True)
    return session.scalars(_GUARDS, {"tables": list(tables), "guards": list(guards)}).all()
