with

text_actors as (

    select * from {{ source('loaded', 'text_actors') }}

),

actor_links as (

    select * from {{ source('loaded', 'actor_links') }}

),

current_versions as (

    select * from {{ ref('stg_current_versions') }}

),

overrides as (

    select * from {{ source('loaded', 'entity_overrides') }}

),

country_names as (

    select * from {{ ref('stg_country_names') }}

),

mentions as (

    select * from {{ ref('mentions') }}

),

actor_articles as (

    select * from {{ ref('actor_articles') }}

),

-- An actor linked by its own name votes before one that was linked in another way.
votes as (

    select
        actor_links.entity_id,
        current_versions.article_id,
        text_actors.name,
        text_actors.type,
        actor_links.method = 'name' as is_own_name,
    from actor_links
    inner join text_actors using (text_actor_id)
    inner join current_versions using (content_sha256)

),

names as (

    select
        entity_id,
        name,
    from votes
    group by entity_id, name
    qualify row_number() over (
        partition by entity_id
        order by
            count(distinct article_id) filter (is_own_name) desc,
            count(distinct article_id) desc,
            length(name) desc,
            name
    ) = 1

),

types as (

    select
        entity_id,
        type,
    from votes
    group by entity_id, type
    qualify row_number() over (
        partition by entity_id
        order by
            count(distinct article_id) filter (is_own_name) desc,
            count(distinct article_id) desc,
            type
    ) = 1

),

surfaces as (

    select
        entity_id,
        surface,
        count(*) as surface_count,
    from mentions
    where entity_id is not null and kind = 'name'
    group by all

),

aliases as (

    select
        surfaces.entity_id,
        list(
            surfaces.surface
            order by surfaces.surface_count desc, surfaces.surface
        ) as aliases,
    from surfaces
    inner join names using (entity_id)
    left join overrides using (entity_id)
    where surfaces.surface <> coalesce(overrides.name, names.name)
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
        country_names.country_code,
        null::varchar as wikidata_id,
        appearances.first_seen,
        appearances.last_seen,
        appearances.article_count,
        appearances.mention_count,
        appearances.utterance_count,
    from names
    inner join types using (entity_id)
    inner join appearances using (entity_id)
    left join aliases using (entity_id)
    left join overrides using (entity_id)
    left join country_names
        on
            list_contains(country_names.types, coalesce(overrides.type, types.type))
            and regexp_replace(
                coalesce(overrides.name, names.name), '^[Tt]he ', ''
            ) = country_names.country_name

)

select * from entities
