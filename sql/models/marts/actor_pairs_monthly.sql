{#
  Bounds that keep this from growing with the square of all actors: an actor of one article has a
  pair with everybody in it, and says nothing. On PolNeAR's 840 articles (mean 23 named actors an
  article, at most 256) they leave 18,383 of 300,619 rows; twelve copies of these articles, where
  hardly a pair is dropped, take 0.6 s of processor time.
#}
{% set least_articles = 2 %}

with

actor_articles as (

    select * from {{ ref('actor_articles') }}

),

publication_days as (

    select * from {{ ref('publication_days') }}

),

period_totals as (

    select
        date_trunc('month', published_on)::date as period_start,
        sum(article_count)::bigint as article_total,
    from publication_days
    group by all

),

-- By name: a pronoun too many would otherwise make a pair.
named as (

    select
        entity_id,
        article_id,
        date_trunc('month', published_on)::date as period_start,
    from actor_articles
    where name_mention_count > 0 and published_on is not null

),

frequent as (

    select
        *,
        count(*) over (partition by entity_id, period_start) as article_count,
    from named
    qualify count(*) over (partition by entity_id, period_start) >= {{ least_articles }}

),

together as (

    select
        one.entity_id as entity_id_a,
        other.entity_id as entity_id_b,
        one.period_start,
        count(*) as article_count,
        any_value(one.article_count) as article_count_a,
        any_value(other.article_count) as article_count_b,
    from frequent as one
    inner join frequent as other
        on
            one.article_id = other.article_id
            and one.entity_id < other.entity_id
    group by one.entity_id, other.entity_id, one.period_start
    having count(*) >= {{ least_articles }}

),

pairs as (

    select
        together.entity_id_a,
        together.entity_id_b,
        together.period_start,
        together.article_count,
        together.article_count_a,
        together.article_count_b,
        period_totals.article_total,
        together.article_count_a * together.article_count_b / period_totals.article_total
            as expected_article_count,
        -- Bouma 2009, "Normalized (pointwise) mutual information in collocation extraction".
        case
            when together.article_count < period_totals.article_total
                then least(
                    -- Rounding would make it 1.0000000000000002.
                    1,
                    ln(
                        together.article_count * period_totals.article_total
                        / (together.article_count_a * together.article_count_b)
                    )
                    / -ln(together.article_count / period_totals.article_total)
                )
        end as npmi,
    from together
    inner join period_totals using (period_start)

)

select * from pairs
order by entity_id_a, period_start, entity_id_b
