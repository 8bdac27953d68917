{{ config(materialized='view') }}

with

corrections as (

    select * from {{ source('loaded', 'corrections') }}

)

select * from corrections
order by position
