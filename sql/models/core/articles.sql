-- A view: a table would store every body a second time (figures in README.md).
{{ config(materialized='view') }}

with

metadata as (

    select * from {{ ref('article_metadata') }}

),

article_versions as (

    select * from {{ ref('int_article_versions') }}

),

current_versions as (

    select * from {{ ref('int_current_versions') }}

),

article_sources as (

    select * from {{ ref('stg_article_sources') }}

),

articles as (

    select
        metadata.article_id,
        article_sources.source_path,
        current_versions.source_item,
        article_sources.source_sha256,
        metadata.content_sha256,
        article_sources.source_format,
        metadata.outlet,
        article_versions.outlet_as_written,
        article_versions.authors,
        metadata.headline,
        metadata.published_on,
        metadata.published_at,
        article_versions.headline_method,
        article_versions.date_method,
        article_versions.date_note,
        article_versions.outlet_method,
        article_versions.authors_method,
        article_versions.dateline,
        article_versions.is_truncated,
        metadata.language,
        article_versions.body,
        metadata.word_count,
        metadata.story_id,
        metadata.is_reprint,
        metadata.ingested_at,
        metadata.run_id,
        article_versions.extractor_version,
    from metadata
    inner join article_versions using (content_sha256)
    inner join current_versions using (content_sha256)
    inner join article_sources
        on
            current_versions.sequence = article_sources.sequence
            and current_versions.source_item = article_sources.source_item

)

select * from articles
