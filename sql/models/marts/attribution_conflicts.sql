with

quote_attributions as (

    select * from {{ ref('quote_attributions') }}

),

attributed as (

    select * from quote_attributions
    where quote_group_id is not null and speaker_entity_id is not null

),

-- Two speakers in one article are no conflict: one of them quotes the other. If a group has two
-- speakers and two articles, two of its rows differ in both. A self-join would find no more, and
-- would be slow for a phrase that is printed a thousand times.
conflicting as (

    select quote_group_id
    from attributed
    group by quote_group_id
    having count(distinct speaker_entity_id) > 1 and count(distinct article_id) > 1

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
