"""What attaches a big list says how many targets of it have each reason: counted before policies hide anything, in parallel.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long; a
migration that has been released is never edited.
"""

from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

POLICY = "CREATE POLICY company ON %I USING ((SELECT current_setting(''gridwork.scope'', true) = ''all''))"

ATTACH = """
CREATE FUNCTION attach_list_part(campaign integer) RETURNS {gives} LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp{settings} AS $$
DECLARE
    part text := format('campaign_targets_%s', campaign);{counts}
BEGIN{count}
    EXECUTE format('REVOKE ALL ON %I FROM gridwork_app', part);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', part);
    EXECUTE format('{policy}', part);
    EXECUTE format('ALTER TABLE campaign_targets ATTACH PARTITION %I FOR VALUES IN (%s)', part, campaign);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT one_list', part);{give}
END $$;
REVOKE EXECUTE ON FUNCTION attach_list_part(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION attach_list_part(integer) TO gridwork_app;
"""
COUNT = """
    EXECUTE format('SELECT jsonb_object_agg(coalesce(reason, ''undecided''), targets) FROM'
        ' (SELECT reason, count(*) AS targets FROM %I GROUP BY 1) c', part) INTO counts;"""


def upgrade() -> None:
    """The function that gives counts; who calls it as one that gives nothing is not disturbed by them."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP FUNCTION attach_list_part(integer)")
    settings = " SET parallel_setup_cost = 0 SET parallel_tuple_cost = 0"
    op.execute(
        ATTACH.format(
            gives="jsonb",
            settings=settings,
            counts="\n    counts jsonb;",
            count=COUNT,
            policy=POLICY,
            give="\n    RETURN counts;",
        )
    )


def downgrade() -> None:
    """The function that gives nothing."""
    op.execute("DROP FUNCTION attach_list_part(integer)")
    op.execute(ATTACH.format(gives="void", settings="", counts="", count="", policy=POLICY, give=""))
