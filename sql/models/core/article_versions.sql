{{ config(materialized='view') }}

with

article_versions as (

    select * from {{ ref('stg_article_versions') }}

),

current_versions as (

    select * from {{ ref('int_current_versions') }}

),

versions as (

    select
        article_versions.content_sha256,
        article_versions.article_id,
        current_versions.content_sha256 is not null as is_current,
        article_versions.outlet,
        article_versions.authors,
        article_versions.headline,
        article_versions.published_on,
        article_versions.published_at,
        article_versions.language,
        article_versions.body,
        article_versions.word_count,
        article_versions.source_format,
        article_versions.extractor_version,
        article_versions.first_sequence,
        article_versions.ingested_at,
        article_versions.run_id,
    from article_versions
    left join current_versions using (content_sha256)

)

select * from versions
