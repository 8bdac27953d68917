with

countries as (

    select * from {{ ref('countries') }}

),

country_names as (

    select * from {{ ref('stg_country_names') }}

),

demonyms as (

    select * from {{ ref('demonyms') }}

),

metonyms as (

    select * from {{ ref('metonyms') }}

),

capitals as (

    select
        capital as word,
        country_code,
        'capital' as relation,
    from countries
    where capital <> ''

),

seats as (

    select
        unnest([surface] || coalesce(string_split(other_surfaces, '|'), [])) as word,
        country_code,
        'metonym' as relation,
    from metonyms
    where country_code <> ''

),

peoples as (

    select
        demonym as word,
        country_code,
        'demonym' as relation,
    from demonyms

),

-- A city state is named as its capital is.
words as (

    select
        country_name as word,
        country_code,
        'country' as relation,
    from country_names
    union all
    select * from capitals
    anti join country_names
        on
            capitals.word = country_names.country_name
            and capitals.country_code = country_names.country_code
    union all
    select * from seats
    union all
    select * from peoples

),

distinct_words as (

    select distinct
        word,
        country_code,
        relation,
    from words
    where word <> ''

)

select * from distinct_words
