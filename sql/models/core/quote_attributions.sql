{#
  A table: `quotes` joins every quote with its version, its speaker's link and its group. The newest
  quotes of one speaker took 0.23 s of 810,000 from there.
#}
with

quotes as (

    select * from {{ ref('quotes') }}

),

articles as (

    select * from {{ ref('article_metadata') }}

),

attributions as (

    select
        quotes.speaker_entity_id,
        articles.published_on,
        quotes.quote_id,
        quotes.utterance_id,
        quotes.article_id,
        articles.story_id,
        articles.outlet,
        quotes.part,
        quotes.char_start,
        quotes.char_end,
        quotes.kind,
        quotes.quote_group_id,
        quotes.speaker_confidence,
    from quotes
    inner join articles using (article_id)

)

select * from attributions
order by speaker_entity_id, published_on
