with

articles as (

    select * from {{ ref('article_metadata') }}

),

by_outlet as (

    select
        published_on,
        outlet,
        count(*) as article_count,
    from articles
    where published_on is not null
    group by all

),

stories_by_day as (

    select
        published_on,
        count(distinct story_id) as story_count,
    from articles
    where published_on is not null
    group by all

),

days as (

    select
        published_on,
        sum(article_count)::bigint as article_count,
        coalesce(
            map_from_entries(
                list((outlet, article_count) order by article_count desc, outlet)
                filter (outlet is not null)
            ),
            map {} -- noqa: LT01
        )::map(varchar, bigint) as articles_by_outlet, -- noqa: LT01
    from by_outlet
    group by all

),

with_stories as (

    select
        days.*,
        stories_by_day.story_count,
    from days
    inner join stories_by_day using (published_on)

)

select * from with_stories
order by published_on
