with

redirects as (

    select
        null::varchar as old_entity_id,
        null::varchar as entity_id,
    where false

)

select * from redirects
