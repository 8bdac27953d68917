with

ingest_runs as (

    select * from {{ ref('stg_ingest_runs') }}

)

select * from ingest_runs
