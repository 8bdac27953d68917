with

source as (

    select * from {{ source('loaded', 'text_actors') }}

),

selected as (

    select
        text_actor_id,
        content_sha256,
        name,
        type,
    from source

)

select * from selected
