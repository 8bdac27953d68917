{{ config(meta={
    'articles': {'article_id': {'mentions': 'article_id', 'articles': 'article_id'}},
}) }}
-- The text at the offsets of a mention is its surface.
with

mentions as (

    select * from {{ ref('mentions') }}

),

articles as (

    select * from {{ ref('articles') }}

),

compared as (

    select
        mentions.mention_id,
        mentions.surface,
        (case mentions.part when 'headline' then articles.headline else articles.body end)[
            mentions.char_start + 1 : mentions.char_end
        ] as found,
    from mentions
    inner join articles using (article_id)

)

select * from compared
where surface is distinct from found
