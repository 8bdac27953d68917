{{ config(meta={'articles': {'article_id': {'quotes': 'article_id', 'articles': 'article_id'}}}) }}
-- The text at the offsets of a quote, and of its speaker if written, is what its row says.
with

quotes as (

    select * from {{ ref('quotes') }}

),

articles as (

    select * from {{ ref('articles') }}

),

texts as (

    select
        quotes.*,
        case quotes.part when 'headline' then articles.headline else articles.body end as whole,
    from quotes
    inner join articles using (article_id)

),

compared as (

    select
        quote_id,
        text,
        whole[char_start + 1 : char_end] as found,
        speaker_surface,
        speaker_char_start,
        whole[speaker_char_start + 1 : speaker_char_end] as speaker_found,
    from texts

)

select * from compared
where
    text is distinct from found
    or (speaker_char_start is not null and speaker_surface is distinct from speaker_found)
