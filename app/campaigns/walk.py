"""The one statement that freezes a list (pure: it only writes text)."""

from app.campaigns.reasons import hash_of, joins, reason_case

# nth counts the customers to contact from the best down, this one included.
_BY_SIZE = "nth - CAST(reason IS NULL AS int) < :ranked"
_BY_SCORE = "score >= CAST(:minimum_score AS real)"
_EXPLORED_BY_SIZE = ":explored"
# So many that they are the exploration share of the whole list.
_EXPLORED_BY_SCORE = (
    f"(SELECT round(count(*) * :exploration_share / (1 - :exploration_share)) FROM walk WHERE reason IS NULL AND {_BY_SCORE})"  # noqa: S608 - our own text
)


def walk_statement(*, by_score: bool) -> str:
    """Walk the scores of `:run_id` from the best down and insert the targets.

    Those taken by score are `ranked`, with every customer passed on the way and the reason why; then some are drawn at
    random among the eligible left over, `explored`, with the probability of it.
    """
    taken = _BY_SCORE if by_score else _BY_SIZE
    explored = _EXPLORED_BY_SCORE if by_score else _EXPLORED_BY_SIZE
    return f"""
WITH judged AS (
    SELECT w.rank, w.customer_id, w.score, c.grid_id, {reason_case(with_control=True)} AS reason
    FROM customer_scores w {joins("w.customer_id")} WHERE w.scoring_run_id = :run_id
), walk AS MATERIALIZED (
    SELECT *, count(*) FILTER (WHERE reason IS NULL) OVER (ORDER BY rank ROWS UNBOUNDED PRECEDING) AS nth FROM judged
), left_over AS MATERIALIZED (
    SELECT rank, customer_id, score, grid_id FROM walk WHERE reason IS NULL AND NOT ({taken})
), drawn AS MATERIALIZED (
    SELECT * FROM left_over ORDER BY {hash_of("explore", "customer_id")}, customer_id LIMIT {explored}
)
INSERT INTO campaign_targets
    (campaign_id, customer_id, grid_id, rank, score, draw, selection_probability, reason, decided_at)
SELECT :campaign_id, customer_id, grid_id, rank, score, 'ranked', 1 - :control_share, reason,
    CASE WHEN reason IS NOT NULL THEN CAST(:now AS timestamptz) END
FROM walk WHERE {taken}
UNION ALL
SELECT :campaign_id, customer_id, grid_id, rank, score, 'explored',
    (SELECT count(*) FROM drawn) * (1 - :control_share) / (SELECT count(*) FROM left_over), NULL, NULL
FROM drawn"""  # noqa: S608 - our own text
