-- A table: every query on mentions and quotes joins it.
{{ config(materialized='table') }}

with

article_sources as (

    select * from {{ ref('stg_article_sources') }}

),

newest as (

    select
        article_id,
        content_sha256,
        sequence,
        source_item,
    from article_sources
    qualify
        row_number() over (
            partition by article_id
            order by sequence desc, source_item desc
        ) = 1

)

select * from newest
