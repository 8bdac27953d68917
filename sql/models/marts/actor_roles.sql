with

mentions as (

    select * from {{ ref('mentions') }}

),

articles as (

    select * from {{ ref('article_metadata') }}

),

-- Spellings that differ only in case, diacritics, full stops, hyphens or white space are one role:
-- 1,813 spellings in PolNeAR's 840 articles become 1,728 roles. "Sen." and "Senator" stay two: what
-- a title means is left to the reader.
titled as (

    select
        mentions.entity_id,
        mentions.role,
        {{ role_key('mentions.role') }} as role_key,
        mentions.article_id,
        articles.published_on,
        articles.outlet,
        articles.story_id,
    from mentions
    inner join articles using (article_id)
    where mentions.entity_id is not null and mentions.role is not null

),

spellings as (

    select
        entity_id,
        role_key,
        role,
    from titled
    group by entity_id, role_key, role
    qualify
        row_number() over (
            partition by entity_id, role_key
            order by count(*) desc, role
        ) = 1

),

by_outlet as (

    select
        entity_id,
        role_key,
        outlet,
        count(distinct article_id) as article_count,
    from titled
    where outlet is not null
    group by all

),

outlets as (

    select
        entity_id,
        role_key,
        count(*) as outlet_count,
        map_from_entries(
            list((outlet, article_count) order by article_count desc, outlet)
        ) as articles_by_outlet,
    from by_outlet
    group by all

),

counted as (

    select
        entity_id,
        role_key,
        min(published_on) as first_on,
        max(published_on) as last_on,
        count(*) as mention_count,
        count(distinct article_id) as article_count,
        count(distinct story_id) as story_count,
    from titled
    group by all

),

roles as (

    select
        counted.entity_id,
        spellings.role,
        counted.role_key,
        counted.role_key in ('mr', 'mrs', 'ms', 'miss', 'mx', 'messrs', 'madam', 'madame', 'mme')
            as is_courtesy,
        counted.first_on,
        counted.last_on,
        counted.mention_count,
        counted.article_count,
        coalesce(outlets.outlet_count, 0) as outlet_count,
        coalesce(outlets.articles_by_outlet, map {})::map(varchar, bigint) -- noqa: LT01
            as articles_by_outlet,
        counted.story_count,
    from counted
    inner join spellings using (entity_id, role_key)
    left join outlets using (entity_id, role_key)

)

select * from roles
order by entity_id, first_on, role_key
