-- A view: names and headlines would be stored once for each actor of an article.
{{ config(materialized='view') }}

with

actor_articles as (

    select * from {{ ref('actor_articles') }}

),

articles as (

    select * from {{ ref('article_metadata') }}

),

entities as (

    select * from {{ ref('entities') }}

),

joined as (

    select
        actor_articles.entity_id,
        entities.name,
        entities.type,
        entities.country_code,
        actor_articles.article_id,
        actor_articles.published_on,
        date_trunc('week', actor_articles.published_on)::date as week,
        date_trunc('month', actor_articles.published_on)::date as month,
        actor_articles.outlet,
        articles.headline,
        articles.language,
        actor_articles.story_id,
        articles.is_reprint,
        actor_articles.mention_count,
        actor_articles.name_mention_count,
        actor_articles.headline_mention_count,
        actor_articles.utterance_count,
        actor_articles.statement_count,
        actor_articles.quoted_word_count,
    from actor_articles
    inner join entities using (entity_id)
    inner join articles using (article_id)

)

select * from joined
