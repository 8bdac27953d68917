with

corrections as (

    select * from {{ ref('stg_corrections') }}

)

select * from corrections
order by position
