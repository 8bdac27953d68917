with

warehouse_info as (

    select * from {{ ref('stg_warehouse_info') }}

)

select * from warehouse_info
