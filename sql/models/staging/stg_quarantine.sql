with

source as (

    select * from {{ source('loaded', 'quarantine') }}

),

selected as (

    select
        source_sha256,
        source_path,
        item,
        reason,
        detail,
        remedy,
        first_seen_at,
        run_id,
        attempts,
        quarantine_id,
    from source

)

select * from selected
