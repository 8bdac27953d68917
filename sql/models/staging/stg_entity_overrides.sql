with

source as (

    select * from {{ source('loaded', 'entity_overrides') }}

),

selected as (

    select
        entity_id,
        name,
        type,
    from source

)

select * from selected
