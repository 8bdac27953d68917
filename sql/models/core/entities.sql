with

forms as (

    select * from {{ ref('int_actor_forms') }}

),

overrides as (

    select * from {{ ref('stg_entity_overrides') }}

),

country_names as (

    select * from {{ ref('int_country_names') }}

),

actor_articles as (

    select * from {{ ref('actor_articles') }}

),

actor_offices as (

    select * from {{ ref('actor_offices') }}

),

-- The last office of the one official that an actor is.
officials as (

    select
        entity_id,
        max(wikidata_id) as wikidata_id,
        arg_max(country_code, valid_from) as country_code,
    from actor_offices
    where wikidata_id is not null
    group by all

),

summed as (

    select
        entity_id,
        kind,
        form,
        sum(own_article_count) as own_article_count,
        sum(form_count) as form_count,
    from forms
    group by all

),

-- Actors linked by their own name vote first; those linked in another way only break ties.
names as (

    select
        entity_id,
        form as name,
    from summed
    where kind = 'name'
    qualify
        row_number() over (
            partition by entity_id
            order by own_article_count desc, form_count desc, length(form) desc, form
        ) = 1

),

types as (

    select
        entity_id,
        form as type,
    from summed
    where kind = 'type'
    qualify
        row_number() over (
            partition by entity_id
            order by own_article_count desc, form_count desc, form
        ) = 1

),

aliases as (

    select
        summed.entity_id,
        list(summed.form order by summed.form_count desc, summed.form) as aliases,
    from summed
    inner join names using (entity_id)
    left join overrides using (entity_id)
    where summed.kind = 'surface' and summed.form <> coalesce(overrides.name, names.name)
    group by all

),

appearances as (

    select
        entity_id,
        min(published_on) as first_seen,
        max(published_on) as last_seen,
        count(*) as article_count,
        sum(mention_count)::bigint as mention_count,
        sum(utterance_count)::bigint as utterance_count,
        sum(statement_count)::bigint as statement_count,
    from actor_articles
    where mention_count > 0
    group by all

),

entities as (

    select
        names.entity_id,
        coalesce(overrides.name, names.name) as name,
        coalesce(overrides.type, types.type) as type,
        coalesce(aliases.aliases, []) as aliases,
        coalesce(country_names.country_code, officials.country_code) as country_code,
        officials.wikidata_id,
        appearances.first_seen,
        appearances.last_seen,
        appearances.article_count,
        appearances.mention_count,
        appearances.utterance_count,
        appearances.statement_count,
    from names
    inner join types using (entity_id)
    inner join appearances using (entity_id)
    left join aliases using (entity_id)
    left join overrides using (entity_id)
    left join officials using (entity_id)
    left join country_names
        on
            list_contains(country_names.types, coalesce(overrides.type, types.type))
            and regexp_replace(
                coalesce(overrides.name, names.name), '^[Tt]he ', ''
            ) = country_names.country_name

)

select * from entities
