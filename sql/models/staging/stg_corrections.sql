with

source as (

    select * from {{ source('loaded', 'corrections') }}

),

selected as (

    select
        correction_id,
        position,
        recorded_at,
        author,
        action,
        arguments,
        because,
        undoes,
        minted_entity_id,
        status,
        detail,
        text_actor_count,
    from source

)

select * from selected
