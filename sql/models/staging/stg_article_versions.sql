with

source as (

    select * from {{ source('loaded', 'article_versions') }}

),

selected as (

    select
        content_sha256,
        article_id,
        outlet,
        authors,
        headline,
        published_on,
        published_at,
        headline_method,
        date_method,
        date_note,
        outlet_method,
        authors_method,
        dateline,
        is_truncated,
        language,
        body,
        word_count,
        source_format,
        extractor_version,
        first_sequence,
        ingested_at,
        run_id,
    from source

)

select * from selected
