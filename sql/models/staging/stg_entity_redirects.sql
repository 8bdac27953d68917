with

source as (

    select * from {{ source('loaded', 'entity_redirects') }}

),

selected as (

    select
        old_entity_id,
        entity_id,
    from source

)

select * from selected
