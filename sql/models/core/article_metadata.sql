{#
  A table: `max(published_on)` over 100,000 articles took 0.13 s from the view `articles`, which
  joins versions, stories and outlets, and takes 1 ms from here.
#}
with

article_versions as (

    select * from {{ ref('int_article_versions') }}

),

current_versions as (

    select * from {{ ref('int_current_versions') }}

),

outlets as (

    select * from {{ ref('stg_outlets') }}

),

article_stories as (

    select * from {{ ref('article_stories') }}

),

text_quotes as (

    select * from {{ ref('stg_text_quotes') }}

),

quoted as (

    select
        text_quotes.content_sha256,
        count(*) as quote_count,
    from text_quotes
    inner join current_versions using (content_sha256)
    group by all

),

metadata as (

    select
        article_versions.article_id,
        article_versions.content_sha256,
        coalesce(outlets.outlet, article_versions.outlet) as outlet,
        article_versions.headline,
        article_versions.published_on,
        article_versions.published_at,
        article_versions.language,
        article_versions.word_count,
        article_stories.story_id,
        article_stories.is_reprint,
        article_versions.ingested_at,
        article_versions.run_id,
        coalesce(quoted.quote_count, 0) as quote_count,
    from article_versions
    inner join current_versions using (content_sha256)
    left join quoted using (content_sha256)
    left join outlets using (outlet_key)
    left join article_stories on article_versions.article_id = article_stories.article_id

)

select * from metadata
-- Sorted by day, so that a query on a period reads only a few row groups.
order by published_on, article_id
