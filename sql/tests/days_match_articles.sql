-- Each dated article is counted once, and no actor is in more articles than there are.
with

articles as (

    select * from {{ ref('article_metadata') }}

),

publication_days as (

    select * from {{ ref('publication_days') }}

),

actor_daily as (

    select * from {{ ref('actor_daily') }}

),

totals as (

    select
        'articles are not counted once' as problem,
        (select count(published_on) from articles) as expected,
        (select coalesce(sum(article_count), 0) from publication_days) as found,

),

shares as (

    select
        'share_of_articles is outside 0..1' as problem,
        1 as expected,
        max(share_of_articles) as found,
    from actor_daily
    having min(share_of_articles) < 0 or max(share_of_articles) > 1

)

select * from totals
where expected <> found
union all
select * from shares
