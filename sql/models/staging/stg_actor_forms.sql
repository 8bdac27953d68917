{#
  A table, and by month: the actors of a thousand new articles have half of all mentions, and what
  they are called must be counted without reading those again. Months add up, for an article has one
  day.
#}
{{ config(materialized='table') }}

with

text_actors as (

    select * from {{ source('loaded', 'text_actors') }}

),

actor_links as (

    select * from {{ source('loaded', 'actor_links') }}

),

mentions as (

    select * from {{ ref('mentions') }}

),

articles as (

    select * from {{ ref('article_metadata') }}

),

votes as (

    select
        actor_links.entity_id,
        {{ month_or_none('articles.published_on') }} as period_start,
        articles.article_id,
        text_actors.name,
        text_actors.type,
        actor_links.method = 'name' as is_own_name,
    from actor_links
    inner join text_actors using (text_actor_id)
    inner join articles using (content_sha256)

),

forms as (

    {% for kind in ['name', 'type'] %}
    select
        entity_id,
        period_start,
        '{{ kind }}' as kind,
        {{ kind }} as form,
        count(distinct article_id) filter (is_own_name) as own_article_count,
        count(distinct article_id) as form_count,
    from votes
    group by all
    union all
    {% endfor %}
    select
        mentions.entity_id,
        {{ month_or_none('articles.published_on') }} as period_start,
        'surface' as kind,
        mentions.surface as form,
        0 as own_article_count,
        count(*) as form_count,
    from mentions
    inner join articles using (article_id)
    where mentions.entity_id is not null and mentions.kind = 'name'
    group by all

)

select * from forms
order by entity_id
