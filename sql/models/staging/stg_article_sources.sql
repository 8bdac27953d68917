with

source as (

    select * from {{ source('loaded', 'article_sources') }}

),

renamed as (

    select
        sequence,
        item as source_item,
        source_key,
        source_path,
        source_sha256,
        source_format,
        content_sha256,
        article_id,
        archived_at,
        run_id,
    from source

)

select * from renamed
