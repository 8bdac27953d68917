{{ config(materialized='view') }}

with

quarantine as (

    select * from {{ source('loaded', 'quarantine') }}

)

select * from quarantine
