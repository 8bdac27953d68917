with

source as (

    select * from {{ ref('stg_article_versions') }}

),

overrides as (

    select * from {{ ref('stg_article_overrides') }}

),

corrected as (

    select
        source.* replace (
            coalesce(overrides.outlet, source.outlet) as outlet,
            coalesce(overrides.published_on, source.published_on) as published_on,
            -- The time as read doesn't apply to a corrected day.
            if(
                overrides.published_on is distinct from source.published_on
                and overrides.published_on is not null,
                null,
                source.published_at
            ) as published_at,
            if(
                overrides.published_on is null, source.date_method, 'correction'
            ) as date_method,
            if(overrides.published_on is null, source.date_note, null) as date_note,
            if(overrides.outlet is null, source.outlet_method, 'correction') as outlet_method
        ),
        source.outlet as outlet_as_written,
    from source
    left join overrides using (article_id)

),

renamed as (

    select
        * replace (
            nullif(trim(regexp_replace(outlet, '\s+', ' ', 'g')), '') as outlet,
            nullif(
                trim(regexp_replace(outlet_as_written, '\s+', ' ', 'g')), ''
            ) as outlet_as_written
        ),
        {{ folded_outlet('outlet') }} as outlet_key,
    from corrected

)

select * from renamed
