{{ config(materialized='view') }}

with

warehouse_info as (

    select * from {{ source('loaded', 'warehouse_info') }}

)

select * from warehouse_info
