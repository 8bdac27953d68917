-- Each article is in one story, and no series counts more stories than there are.
with

articles as (

    select * from {{ ref('article_metadata') }}

),

stories as (

    select * from {{ ref('stories') }}

),

publication_periods as (

    select * from {{ ref('publication_periods') }}

),

actor_monthly as (

    select * from {{ ref('actor_monthly') }}

),

totals as (

    select
        'articles are not in one story each' as problem,
        (select count(*) from articles) as expected,
        (select coalesce(sum(article_count), 0) from stories) as found,

),

periods as (

    select
        'a period has more stories than articles' as problem,
        article_count as expected,
        story_count as found,
    from publication_periods
    where story_count > article_count

),

shares as (

    select
        'share_of_stories is outside 0..1' as problem,
        1 as expected,
        max(share_of_stories) as found,
    from actor_monthly
    having min(share_of_stories) < 0 or max(share_of_stories) > 1

)

select * from totals
where expected <> found
union all
select * from periods
union all
select * from shares
