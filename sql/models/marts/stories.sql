with

articles as (

    select * from {{ ref('article_metadata') }}

),

article_stories as (

    select * from {{ ref('article_stories') }}

),

firsts as (

    select
        articles.story_id,
        articles.article_id as first_article_id,
        articles.published_on as first_published_on,
        articles.outlet as first_outlet,
        articles.headline,
    from articles
    inner join article_stories using (article_id)
    where article_stories.is_first

),

counted as (

    select
        story_id,
        max(published_on) as last_published_on,
        count(*) as article_count,
        count(distinct outlet) as outlet_count,
    from articles
    group by all

),

stories as (

    select
        counted.story_id,
        firsts.first_article_id,
        firsts.first_published_on,
        firsts.first_outlet,
        counted.last_published_on,
        counted.article_count,
        counted.outlet_count,
        firsts.headline,
    from counted
    inner join firsts using (story_id)

)

select * from stories
order by first_published_on, story_id
