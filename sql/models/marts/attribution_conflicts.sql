with

quotes as (

    select * from {{ ref('quotes') }}

),

articles as (

    select * from {{ ref('articles') }}

),

attributed as (

    select
        quotes.quote_group_id,
        quotes.speaker_entity_id,
        quotes.quote_id,
        quotes.speaker_confidence,
        articles.article_id,
        articles.published_on,
        articles.outlet,
        articles.story_id,
    from quotes
    inner join articles on quotes.article_id = articles.article_id
    where quotes.quote_group_id is not null and quotes.speaker_entity_id is not null

),

-- Who quotes somebody quoting has two speakers in one article: that is no conflict.
conflicting as (

    select distinct one.quote_group_id
    from attributed as one
    inner join attributed as other
        on
            one.quote_group_id = other.quote_group_id
            and one.speaker_entity_id <> other.speaker_entity_id
            and one.article_id <> other.article_id

),

attribution_conflicts as (

    select
        quote_group_id,
        speaker_entity_id,
        count(distinct article_id) as article_count,
        coalesce(list(distinct outlet order by outlet) filter (outlet is not null), []) as outlets,
        min(published_on) as first_on,
        max(speaker_confidence) as speaker_confidence,
        min(quote_id) as quote_id,
        count(distinct story_id) as story_count,
    from attributed
    semi join conflicting using (quote_group_id)
    group by all

)

select * from attribution_conflicts
order by quote_group_id, article_count desc, speaker_entity_id
