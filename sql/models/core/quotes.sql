-- A view: figures in README.md.
{{ config(materialized='view') }}

with

text_quotes as (

    select * from {{ ref('stg_text_quotes') }}

),

actor_links as (

    select * from {{ ref('stg_actor_links') }}

),

current_versions as (

    select * from {{ ref('int_current_versions') }}

),

quote_group_members as (

    select * from {{ ref('quote_group_members') }}

),

quotes as (

    select
        text_quotes.quote_id,
        text_quotes.utterance_id,
        current_versions.article_id,
        text_quotes.part,
        text_quotes.char_start,
        text_quotes.char_end,
        text_quotes.text,
        text_quotes.kind,
        text_quotes.cue,
        actor_links.entity_id as speaker_entity_id,
        text_quotes.speaker_surface,
        text_quotes.speaker_char_start,
        text_quotes.speaker_char_end,
        text_quotes.method,
        text_quotes.confidence,
        text_quotes.speaker_confidence,
        quote_group_members.quote_group_id,
        text_quotes.act,
    from text_quotes
    inner join current_versions using (content_sha256)
    left join actor_links
        on text_quotes.speaker_text_actor_id = actor_links.text_actor_id
    left join quote_group_members on text_quotes.quote_id = quote_group_members.quote_id

)

select * from quotes
