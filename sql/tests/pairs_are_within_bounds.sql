-- Each actor of a pair is in at least as many articles and stories as the pair; NPMI is in range.
select
    entity_id_a,
    entity_id_b,
    period_start,
from {{ ref('actor_pairs_monthly') }}
where
    entity_id_a >= entity_id_b
    or article_count > least(article_count_a, article_count_b)
    or greatest(article_count_a, article_count_b) > article_total
    or story_count > least(story_count_a, story_count_b, article_count)
    or greatest(story_count_a, story_count_b) > story_total
    or not coalesce(npmi, 0) between -1 and 1
