with

members as (

    select * from {{ ref('quote_group_members') }}

),

quote_attributions as (

    select * from {{ ref('quote_attributions') }}

),

joined as (

    select
        quote_attributions.*,
        members.is_fullest,
    from quote_attributions
    inner join members using (quote_id)

),

groups as (

    select
        quote_group_id,
        min(quote_id) filter (is_fullest) as fullest_quote_id,
        count(*) as quote_count,
        count(distinct article_id) as article_count,
        count(distinct outlet) as outlet_count,
        count(distinct speaker_entity_id) as speaker_count,
        min(published_on) as first_on,
        max(published_on) as last_on,
        list(distinct outlet order by outlet)
        filter (outlet is not null and published_on is not distinct from first_published_on)
            as first_outlets,
        count(distinct story_id) as story_count,
    from (
        select
            *,
            min(published_on) over (partition by quote_group_id) as first_published_on,
        from joined
    ) as dated
    group by quote_group_id

),

quote_groups as (

    select * replace (coalesce(first_outlets, []) as first_outlets) from groups

)

select * from quote_groups
order by quote_group_id
