{{ config(materialized='view') }}

with

entities as (

    select
        entity_id,
        type,
        regexp_replace(name, '^[Tt]he ', '') as word,
    from {{ ref('entities') }}

),

country_actors as (

    select
        country_code,
        entity_id,
        article_count,
    from {{ ref('entities') }}
    where country_code is not null

),

country_words as (

    select * from {{ ref('stg_country_words') }}

),

countries as (

    select
        country_code,
        arg_max(entity_id, (article_count, entity_id)) as country_entity_id,
    from country_actors
    group by country_code

),

entity_countries as (

    select
        entities.entity_id,
        country_words.country_code,
        country_words.relation,
        countries.country_entity_id,
        count(*) over (
            partition by entities.entity_id, country_words.relation
        ) > 1 as is_ambiguous,
    from entities
    inner join country_words
        on
            entities.word = country_words.word
            and case country_words.relation
                when 'country' then entities.type = 'GPE'
                when 'capital' then entities.type in ('GPE', 'LOC')
                when 'demonym' then entities.type = 'NORP'
                else entities.type not in ('PERSON', 'NORP')
            end
    left join countries using (country_code)

)

select * from entity_countries
