with

countries as (

    select * from {{ ref('countries') }}

),

names as (

    select
        country_code,
        unnest(
            [name, official_name] || coalesce(string_split(other_names, '|'), [])
        ) as country_name,
    from countries
    where not is_name_ambiguous

),

distinct_names as (

    select distinct
        country_name,
        country_code,
    from names
    where country_name <> ''

)

select * from distinct_names
