with

source as (

    select * from {{ source('loaded', 'article_versions') }}

),

renamed as (

    select
        * replace (nullif(trim(regexp_replace(outlet, '\s+', ' ', 'g')), '') as outlet),
        lower(trim(regexp_replace(outlet, '\s+', ' ', 'g'))) as outlet_key,
    from source

)

select * from renamed
