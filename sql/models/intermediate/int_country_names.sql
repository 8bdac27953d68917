with

countries as (

    select * from {{ ref('countries') }}

),

demonyms as (

    select * from {{ ref('demonyms') }}

),

metonyms as (

    select * from {{ ref('metonyms') }}

),

own_names as (

    select
        country_code,
        'name' as kind,
        unnest(
            [name, official_name] || coalesce(string_split(other_names, '|'), [])
        ) as country_name,
    from countries
    where not is_name_ambiguous

),

capitals as (

    select
        country_code,
        'capital' as kind,
        capital as country_name,
    from countries
    -- English news uses these names at least as often for another town or a person.
    where
        capital not in (
            'Douglas', 'Georgetown', 'Hamilton', 'Jamestown', 'Kingston', 'Male', 'Plymouth',
            'San Jose', 'Santiago', 'Stanley', 'Victoria'
        )

),

peoples as (

    select
        country_code,
        'demonym' as kind,
        demonym as country_name,
    from demonyms
    where not is_ambiguous

),

seats as (

    select
        country_code,
        'metonym' as kind,
        unnest([surface] || coalesce(string_split(other_surfaces, '|'), [])) as country_name,
    from metonyms

),

names as (

    select * from own_names
    union all
    select * from capitals
    union all
    select * from peoples
    union all
    select * from seats

),

-- Singapore is its own capital. A name that stands for two countries identifies neither.
distinct_names as (

    select
        country_name,
        any_value(country_code) as country_code,
        case
            when bool_or(kind = 'metonym') then ['GPE', 'LOC', 'ORG', 'FAC', 'OTHER']
            when bool_or(kind = 'demonym') then ['NORP']
            else ['GPE']
        end as types,
    from names
    where country_name <> '' and country_code <> ''
    group by country_name
    having count(distinct country_code) = 1

)

select * from distinct_names
