"""A campaign begins as a draft: a row that is inserted as approved or running was approved by nobody.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BEGIN_AS_DRAFT = """
CREATE FUNCTION begin_campaign_as_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'campaign % is to begin as a draft without an approval, not as %', NEW.code, NEW.status
        USING ERRCODE = 'GW010';
END $$;
CREATE TRIGGER begin_as_draft BEFORE INSERT ON campaigns FOR EACH ROW
    WHEN (NEW.status <> 'draft' OR NEW.submitted_by IS NOT NULL OR NEW.approved_by IS NOT NULL OR NEW.approved_version IS NOT NULL)
    EXECUTE FUNCTION begin_campaign_as_draft();
"""


def upgrade() -> None:
    """Make the guard."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(BEGIN_AS_DRAFT)


def downgrade() -> None:
    """Take it away again."""
    op.execute("DROP FUNCTION begin_campaign_as_draft() CASCADE")
