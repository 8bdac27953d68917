with

source as (

    select * from {{ source('loaded', 'warehouse_info') }}

),

selected as (

    select
        property,
        value,
    from source

)

select * from selected
