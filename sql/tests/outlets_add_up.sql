-- What an actor counts by outlet has the sum of its month, and both tables by outlet agree.
with

sums as (

    select
        entity_id,
        period_start,
        'outlets' as source,
        sum(mention_count)::bigint as mention_count,
        sum(article_count)::bigint as article_count,
        sum(headline_article_count)::bigint as headline_article_count,
        sum(utterance_count)::bigint as utterance_count,
    from {{ ref('actor_outlet_monthly') }}
    group by all
    union all
    select
        entity_id,
        period_start,
        'months' as source,
        mention_count,
        article_count,
        headline_article_count,
        utterance_count,
    from {{ ref('actor_monthly') }}

),

disagreeing as (

    select
        entity_id,
        period_start,
        null as outlet,
    from sums
    group by all
    having
        count(*) <> 2
        or min(mention_count) <> max(mention_count)
        or min(article_count) <> max(article_count)
        or min(headline_article_count) <> max(headline_article_count)
        or min(utterance_count) <> max(utterance_count)

),

unlike_voices as (

    select
        entity_id,
        period_start,
        outlet,
    from (
        select
            entity_id,
            period_start,
            outlet,
            article_count,
            utterance_count,
            quoted_word_count,
        from {{ ref('actor_outlet_monthly') }}
        union all
        select
            entity_id,
            period_start,
            outlet,
            article_count,
            utterance_count,
            quoted_word_count,
        from {{ ref('actor_voice_monthly') }}
    )
    group by all
    having
        count(*) <> 2
        or min(article_count) <> max(article_count)
        or min(utterance_count) <> max(utterance_count)
        or min(quoted_word_count) <> max(quoted_word_count)

)

select * from disagreeing
union all
select * from unlike_voices
