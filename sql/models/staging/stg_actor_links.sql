with

source as (

    select * from {{ source('loaded', 'actor_links') }}

),

selected as (

    select
        text_actor_id,
        entity_id,
        method,
        confidence,
        correction_id,
    from source

)

select * from selected
