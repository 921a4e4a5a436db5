"""A verdict may come of an upheld dispute, and a dispute says which report it judges otherwise, and how.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

KIND = "verification_kind"
KINDS = "kind IN ('automatic', 'back_check', 'review'{})"
VERDICTS = "('confirmed', 'contradicted', 'unverifiable')"
CONSTRAINTS = {
    "points_disputes": {
        "fk_points_disputes_feedback_id_contact_feedback": "FOREIGN KEY (feedback_id) REFERENCES contact_feedback (id)",
        "ck_points_disputes_verdict": f"CHECK (verdict IN {VERDICTS})",
        "ck_points_disputes_verdict_of_a_report": "CHECK (num_nulls(feedback_id, verdict) = 2"
        " OR (num_nulls(feedback_id, verdict) = 0 AND component = 'accuracy'))",
        "ck_points_disputes_verdict_of_an_accepted": "CHECK (decision = 'accepted' OR decision IS NULL OR verdict IS NULL)",
    },
    "verifications": {
        "fk_verifications_dispute_id_points_disputes": "FOREIGN KEY (dispute_id) REFERENCES points_disputes (id)",
        "ck_verifications_of_a_dispute": "CHECK ((kind = 'dispute') = (dispute_id IS NOT NULL))",
    },
}


def upgrade() -> None:
    """Add the columns and what holds of them."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.add_column("points_disputes", sa.Column("feedback_id", sa.Uuid(), nullable=True))
    op.add_column("points_disputes", sa.Column("verdict", sa.String(40), nullable=True))
    op.add_column("verifications", sa.Column("dispute_id", sa.Uuid(), nullable=True))
    allow_kinds(KINDS.format(", 'dispute'"))
    for table, held in CONSTRAINTS.items():
        for name, condition in held.items():
            op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {condition} NOT VALID")
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def allow_kinds(kinds: str) -> None:
    """Only a row lock while the table is looked through."""
    op.execute(f"ALTER TABLE verifications DROP CONSTRAINT ck_verifications_{KIND}")
    op.execute(f"ALTER TABLE verifications ADD CONSTRAINT ck_verifications_{KIND} CHECK ({kinds}) NOT VALID")
    op.execute(f"ALTER TABLE verifications VALIDATE CONSTRAINT ck_verifications_{KIND}")


def downgrade() -> None:
    """Take them away again."""
    for table, held in CONSTRAINTS.items():
        for name in held:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    allow_kinds(KINDS.format(""))
    op.drop_column("verifications", "dispute_id")
    op.drop_column("points_disputes", "verdict")
    op.drop_column("points_disputes", "feedback_id")
