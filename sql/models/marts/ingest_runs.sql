{{ config(materialized='view') }}

with

ingest_runs as (

    select * from {{ source('loaded', 'ingest_runs') }}

)

select * from ingest_runs
