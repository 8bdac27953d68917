with

source as (

    select * from {{ source('loaded', 'ingest_runs') }}

),

selected as (

    select
        run_id,
        kind,
        status,
        started_at,
        finished_at,
        files_seen,
        files_new,
        articles_new,
        versions_new,
        quarantined,
        error,
        newsactors_version,
        extractor_version,
    from source

)

select * from selected
