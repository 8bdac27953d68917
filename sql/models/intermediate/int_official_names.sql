with

officials as (

    select
        name,
        other_names,
        string_split(name, ' ')[-1] as surname,
        role,
        country_code,
        organisation,
        valid_from,
        valid_to,
        wikidata_id,
        false as is_one_of_many,
    from {{ ref('officials') }}
    union all by name
    select
        *,
        'US' as country_code,
        true as is_one_of_many,
    from {{ ref('legislators') }}

),

known_as as (

    select
        *,
        false as is_surname,
        unnest([name] || coalesce(string_split(other_names, '|'), [])) as known_as,
    from officials
    union all by name
    select
        *,
        true as is_surname,
        surname as known_as,
    from officials
    where surname <> name

)

select distinct
    {{ role_key('known_as') }} as name_key,
    is_surname,
    name as official_name,
    role as office,
    {{ title_words('role') }} as office_words,
    is_one_of_many,
    country_code,
    organisation,
    valid_from,
    valid_to,
    wikidata_id,
from known_as
