-- A table: every query on mentions and quotes joins it.
{{ config(materialized='table') }}

with

article_sources as (

    select * from {{ ref('stg_article_sources') }}

),

versions as (

    select
        article_id,
        content_sha256,
        -- Its methods, time and run come from the first reading, so the file does too.
        min(
            struct_pack(sequence := sequence, source_item := source_item)
        ) as first_read,
        max((sequence, source_item)) as last_read,
    from article_sources
    group by all

),

newest as (

    select
        article_id,
        content_sha256,
        first_read.sequence,
        first_read.source_item,
    from versions
    qualify row_number() over (partition by article_id order by last_read desc) = 1

)

select * from newest
