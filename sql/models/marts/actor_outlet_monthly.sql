with

actor_articles as (

    select * from {{ ref('actor_articles') }}

),

articles as (

    select * from {{ ref('article_metadata') }}

),

outlet_totals as (

    select
        outlet,
        date_trunc('month', published_on)::date as period_start,
        count(*) as article_total,
        count(distinct story_id) as story_total,
    from articles
    where published_on is not null
    group by all

),

appearances as (

    select
        *,
        date_trunc('month', published_on)::date as period_start,
    from actor_articles
    where published_on is not null

),

counted as (

    select
        entity_id,
        outlet,
        period_start,
        {{ interval('mention') }}
        {{ interval('name_mention') }}
        {{ interval('article') }}
        {{ interval('headline_article') }}
        {{ interval('utterance') }}
        {{ interval('statement') }}
        {{ interval('quoted_word') }}
        {{ interval('story') }}
    from appearances
    group by all

),

shares as (

    select
        counted.* exclude (story_count, story_count_low, story_count_high),
        {{ interval_of_share(
            'share_of_articles', 'counted.article_count', 'outlet_totals.article_total'
        ) }}
        counted.story_count,
        counted.story_count_low,
        counted.story_count_high,
        {{ interval_of_share(
            'share_of_stories', 'counted.story_count', 'outlet_totals.story_total'
        ) }}
    from counted
    -- Articles of unknown outlets form one group.
    inner join outlet_totals
        on
            counted.period_start = outlet_totals.period_start
            and counted.outlet is not distinct from outlet_totals.outlet

)

select * from shares
order by entity_id, period_start, outlet
