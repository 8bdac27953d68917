with

outlets as (

    select * from {{ ref('outlets') }}

),

keyed as (

    select
        {{ folded_outlet('alias') }} as outlet_key,
        outlet,
    from outlets

)

select * from keyed
