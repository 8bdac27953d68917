with

quotes as (

    select * from {{ ref('quotes') }}

),

mentions as (

    select * from {{ ref('mentions') }}

),

articles as (

    select * from {{ ref('article_metadata') }}

),

-- Matched by span, not by mentions.is_in_quote, which knows only quotation marks: two thirds of the
-- actors talked about are in indirect speech.
quotes_about as (

    select
        mentions.entity_id,
        quotes.quote_id,
        quotes.utterance_id,
        quotes.speaker_entity_id,
        quotes.speaker_surface,
        quotes.speaker_entity_id = mentions.entity_id as is_about_speaker,
        quotes.kind,
        quotes.act,
        quotes.article_id,
        articles.published_on,
        articles.outlet,
        count(*) as mention_count,
        count(*) filter (mentions.kind = 'name') as name_mention_count,
    from quotes
    inner join mentions
        on
            quotes.article_id = mentions.article_id
            and quotes.part = mentions.part
            and quotes.char_start <= mentions.char_start
            and quotes.char_end >= mentions.char_end
    inner join articles on quotes.article_id = articles.article_id
    where mentions.entity_id is not null and {{ is_talk_of_actor('mentions.method') }}
    group by all

)

select * from quotes_about
order by entity_id, published_on
