with

outlets as (

    select * from {{ ref('outlets') }}

),

keyed as (

    select
        lower(trim(regexp_replace(alias, '\s+', ' ', 'g'))) as outlet_key,
        outlet,
    from outlets

)

select * from keyed
