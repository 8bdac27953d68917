with

officials as (

    select * from {{ ref('officials') }}

),

known_as as (

    select
        *,
        unnest([name] || coalesce(string_split(other_names, '|'), [])) as known_as,
    from officials

)

select distinct
    {{ role_key('known_as') }} as name_key,
    name as official_name,
    role as office,
    string_split({{ role_key('role') }}, ' ') as office_words,
    country_code,
    organisation,
    valid_from,
    valid_to,
    wikidata_id,
from known_as
