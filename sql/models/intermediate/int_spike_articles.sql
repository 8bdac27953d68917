{# A table: actor_spikes reads it three times. #}
{{ config(materialized='table') }}

with

spikes as (

    select * from {{ ref('int_spikes') }}

),

actor_articles as (

    select * from {{ ref('actor_articles') }}

),

spike_articles as (

    select
        spikes.entity_id,
        spikes.grain,
        spikes.period_start,
        actor_articles.article_id,
        actor_articles.story_id,
        actor_articles.published_on,
        actor_articles.mention_count,
        actor_articles.headline_mention_count,
        row_number() over (
            partition by
                spikes.entity_id, spikes.grain, spikes.period_start, actor_articles.story_id
            order by
                actor_articles.headline_mention_count > 0 desc,
                actor_articles.mention_count desc,
                actor_articles.article_id
        ) = 1 as is_best_of_story,
    from spikes
    inner join actor_articles
        on
            spikes.entity_id = actor_articles.entity_id
            and spikes.period_start
            = date_trunc(spikes.grain, actor_articles.published_on)::date
    where actor_articles.mention_count > 0

)

select * from spike_articles
order by entity_id, grain, period_start
