with

given_up as (

    select * from {{ ref('stg_entity_redirects') }}

),

entities as (

    select entity_id from {{ ref('entities') }}

),

-- An entity is published only while a current article mentions it.
redirects as (

    select
        old_entity_id,
        entity_id,
    from given_up
    semi join entities using (entity_id)
    anti join entities as kept on given_up.old_entity_id = kept.entity_id

)

select * from redirects
