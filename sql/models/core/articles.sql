-- A view: as a table it would hold every body a second time (see README.md for the figures).
{{ config(materialized='view') }}

with

article_versions as (

    select * from {{ ref('stg_article_versions') }}

),

current_versions as (

    select * from {{ ref('stg_current_versions') }}

),

outlets as (

    select * from {{ ref('stg_outlets') }}

),

article_stories as (

    select * from {{ ref('article_stories') }}

),

articles as (

    select
        article_versions.article_id,
        current_versions.source_path,
        current_versions.source_item,
        current_versions.source_sha256,
        article_versions.content_sha256,
        current_versions.source_format,
        coalesce(outlets.outlet, article_versions.outlet) as outlet,
        article_versions.outlet_as_written,
        article_versions.authors,
        article_versions.headline,
        article_versions.published_on,
        article_versions.published_at,
        article_versions.headline_method,
        article_versions.date_method,
        article_versions.outlet_method,
        article_versions.authors_method,
        article_versions.language,
        article_versions.body,
        article_versions.word_count,
        article_stories.story_id,
        article_stories.is_reprint,
        article_versions.ingested_at,
        article_versions.run_id,
        article_versions.extractor_version,
    from article_versions
    inner join current_versions using (content_sha256)
    left join outlets using (outlet_key)
    left join article_stories on article_versions.article_id = article_stories.article_id

)

select * from articles
