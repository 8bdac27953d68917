-- A view: figures in README.md.
{{ config(materialized='view') }}

with

text_mentions as (

    select * from {{ ref('stg_text_mentions') }}

),

actor_links as (

    select * from {{ ref('stg_actor_links') }}

),

current_versions as (

    select * from {{ ref('int_current_versions') }}

),

mentions as (

    select
        text_mentions.mention_id,
        current_versions.article_id,
        actor_links.entity_id,
        text_mentions.part,
        text_mentions.char_start,
        text_mentions.char_end,
        text_mentions.surface,
        text_mentions.type,
        text_mentions.kind,
        text_mentions.paragraph,
        text_mentions.sentence,
        text_mentions.role,
        text_mentions.is_in_quote,
        text_mentions.method,
        text_mentions.confidence,
    from text_mentions
    inner join current_versions using (content_sha256)
    left join actor_links using (text_actor_id)

)

select * from mentions
