"""The one statement that freezes a list (pure: it only writes text)."""

from app.campaigns.reasons import bears_tag, hash_of, joins, reason_case

# nth counts the customers to contact from the best down, this one included.
_BY_SIZE = "nth - CAST(reason IS NULL AS int) < :ranked"
_BY_SCORE = "score >= CAST(:minimum_score AS real)"
_EXPLORED_BY_SIZE = ":explored"
# So many that they are the exploration share of the whole list.
_EXPLORED_BY_SCORE = (
    f"(SELECT round(count(*) * :exploration_share / (1 - :exploration_share)) FROM walk WHERE reason IS NULL AND {_BY_SCORE})"  # noqa: S608 - our own text
)


def walk_statement(*, by_score: bool, required_tags: int = 0, excluded_tags: int = 0) -> str:
    """Walk the scores of `:run_id` from the best down and insert the targets.

    Those taken by score are `ranked`, with every customer passed on the way and the reason why; then some are drawn at
    random among the eligible left over, `explored`, with the probability of it. Nobody of negative uplift is either. Who lacks
    one of so many `:required_0` ..., or bears one of `:excluded_0` ..., is not on the walk.
    """
    taken = _BY_SCORE if by_score else _BY_SIZE
    explored = _EXPLORED_BY_SCORE if by_score else _EXPLORED_BY_SIZE
    tags = [f" AND {bears_tag(f'required_{i}')}" for i in range(required_tags)]
    tags += [f" AND NOT {bears_tag(f'excluded_{i}')}" for i in range(excluded_tags)]
    return f"""
WITH judged AS (
    SELECT w.rank, w.customer_id, w.score, w.uplift, c.grid_id, {reason_case(with_control=True, uplift="w.uplift")} AS reason
    FROM customer_scores w {joins("w.customer_id")} WHERE w.scoring_run_id = :run_id{"".join(tags)}
), walk AS MATERIALIZED (
    SELECT *, count(*) FILTER (WHERE reason IS NULL) OVER (ORDER BY rank ROWS UNBOUNDED PRECEDING) AS nth FROM judged
), left_over AS MATERIALIZED (
    SELECT rank, customer_id, score, uplift, grid_id FROM walk WHERE reason IS NULL AND NOT ({taken})
), drawn AS MATERIALIZED (
    SELECT * FROM left_over ORDER BY {hash_of("explore", "customer_id")}, customer_id LIMIT {explored}
)
INSERT INTO campaign_targets
    (campaign_id, customer_id, grid_id, rank, score, uplift, draw, selection_probability, reason, decided_at)
SELECT :campaign_id, customer_id, grid_id, rank, score, uplift, 'ranked', :chance, reason,
    CASE WHEN reason IS NOT NULL THEN CAST(:now AS timestamptz) END
FROM walk WHERE {taken}
UNION ALL
SELECT :campaign_id, customer_id, grid_id, rank, score, uplift, 'explored',
    (SELECT count(*) FROM drawn) * :chance / (SELECT count(*) FROM left_over), NULL, NULL
FROM drawn"""  # noqa: S608 - our own text
