{{ config(materialized='view') }}

with

article_sources as (

    select * from {{ ref('stg_article_sources') }}

),

sources as (

    select
        sequence,
        source_item,
        source_key,
        source_path,
        source_sha256,
        source_format,
        content_sha256,
        article_id,
        archived_at,
        run_id,
    from article_sources

)

select * from sources
