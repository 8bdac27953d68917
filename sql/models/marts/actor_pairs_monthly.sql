{#
  Stories are counted, not articles: forty copies of one text are no more evidence than one.

  Requiring two stories keeps the table from growing with the square of all actors: an actor of one
  story would be paired with everyone in it, which says nothing. On PolNeAR's 840 articles (mean 23
  named actors per article, at most 256) this leaves 18,383 of 300,619 rows. Twelve copies of these
  articles, where hardly any pair is dropped, take 0.6 s of processor time.
#}
{% set least_stories = 2 %}

with

actor_articles as (

    select * from {{ ref('actor_articles') }}

),

publication_periods as (

    select * from {{ ref('publication_periods') }}

),

period_totals as (

    select
        period_start,
        article_count as article_total,
        story_count as story_total,
    from publication_periods
    where grain = 'month'

),

-- Mentions by name only: one wrongly resolved pronoun would make a pair.
named as (

    select
        entity_id,
        article_id,
        story_id,
        date_trunc('month', published_on)::date as period_start,
    from actor_articles
    where name_mention_count > 0 and published_on is not null

),

frequent as (

    select
        entity_id,
        period_start,
        count(*) as article_count,
        count(distinct story_id) as story_count,
    from named
    group by all
    having count(distinct story_id) >= {{ least_stories }}

),

candidates as (

    select named.*
    from named
    semi join frequent using (entity_id, period_start)

),

cooccurring as (

    select
        one.entity_id as entity_id_a,
        other.entity_id as entity_id_b,
        one.period_start,
        count(*) as article_count,
        count(distinct one.story_id) as story_count,
    from candidates as one
    inner join candidates as other
        on
            one.article_id = other.article_id
            and one.entity_id < other.entity_id
    group by one.entity_id, other.entity_id, one.period_start
    having count(distinct one.story_id) >= {{ least_stories }}

),

pairs as (

    select
        cooccurring.entity_id_a,
        cooccurring.entity_id_b,
        cooccurring.period_start,
        cooccurring.article_count,
        of_a.article_count as article_count_a,
        of_b.article_count as article_count_b,
        period_totals.article_total,
        cooccurring.story_count,
        of_a.story_count as story_count_a,
        of_b.story_count as story_count_b,
        period_totals.story_total,
        of_a.story_count * of_b.story_count / period_totals.story_total as expected_story_count,
        -- Bouma 2009, "Normalized (pointwise) mutual information in collocation extraction".
        case
            when cooccurring.story_count < period_totals.story_total
                then
                    least(
                        -- Rounding could give 1.0000000000000002.
                        1,
                        ln(
                            cooccurring.story_count * period_totals.story_total
                            / (of_a.story_count * of_b.story_count)
                        )
                        / -ln(cooccurring.story_count / period_totals.story_total)
                    )
        end as npmi,
    from cooccurring
    inner join period_totals using (period_start)
    inner join frequent as of_a
        on cooccurring.entity_id_a = of_a.entity_id and cooccurring.period_start = of_a.period_start
    inner join frequent as of_b
        on cooccurring.entity_id_b = of_b.entity_id and cooccurring.period_start = of_b.period_start

)

select * from pairs
order by entity_id_a, period_start, entity_id_b
