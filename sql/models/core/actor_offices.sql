with

official_names as (

    select * from {{ ref('int_official_names') }}

),

actor_forms as (

    select * from {{ ref('int_actor_forms') }}

),

mentions as (

    select * from {{ ref('mentions') }}

),

articles as (

    select * from {{ ref('article_metadata') }}

),

actor_links as (

    select * from {{ ref('stg_actor_links') }}

),

names as (

    select
        entity_id,
        {{ role_key('form') }} as name_key,
        count(*) over (partition by entity_id) = 1 as is_only_name,
    from actor_forms
    where kind = 'name'
    group by entity_id, name_key

),

-- Actors whom the linker found by an office and its time.
linked_by_office as (

    select distinct entity_id
    from actor_links
    where method = 'office'

),

people as (

    select distinct entity_id
    from actor_forms
    where kind = 'type' and form = 'PERSON'

),

titles as (

    select
        mentions.entity_id,
        mentions.role,
        max(articles.published_on) as last_on,
        count(*) as mention_count,
        {{ title_words('mentions.role') }} as title_words,
    from mentions
    inner join articles using (article_id)
    where mentions.entity_id is not null and mentions.role is not null
    group by mentions.entity_id, mentions.role
    having max(articles.published_on) is not null

),

-- "former President" is written after a term, so the title only has to be as late as its beginning.
-- A deputy has the words of the office in the title, and so has a senator of a state. A surname
-- alone needs a title within the term; few bear it, as Ocasio-Cortez, or the linker found the only
-- holder.
held as (

    select
        names.entity_id,
        official_names.wikidata_id,
        official_names.official_name,
        official_names.office,
        official_names.country_code,
        official_names.organisation,
        official_names.valid_from,
        official_names.valid_to,
        official_names.is_surname,
        sum(titles.mention_count)::bigint as title_mention_count,
        arg_max(titles.role, (titles.mention_count, titles.role)) as title,
    from names
    inner join people using (entity_id)
    inner join official_names using (name_key)
    inner join titles
        on
            names.entity_id = titles.entity_id
            and list_has_all(titles.title_words, official_names.office_words)
            and official_names.valid_from <= titles.last_on
            and list_has_any(titles.title_words, ['vice', 'deputy'])
            = list_has_any(official_names.office_words, ['vice', 'deputy'])
            and not (official_names.is_one_of_many and list_contains(titles.title_words, 'state'))
    left join linked_by_office on names.entity_id = linked_by_office.entity_id
    where
        not official_names.is_surname
        or (
            names.is_only_name
            and titles.last_on <= coalesce(official_names.valid_to, titles.last_on)
            and (
                linked_by_office.entity_id is not null
                or (official_names.is_one_of_many and contains(names.name_key, ' '))
            )
        )
    group by all

),

-- Two officials can share a name: "George Bush" is two presidents.
offices as (

    select
        *,
        count(distinct coalesce(wikidata_id, official_name)) over (partition by entity_id) = 1
            as is_one_person,
    from held

)

select
    entity_id,
    office,
    country_code,
    organisation,
    valid_from,
    valid_to,
    official_name,
    case when is_one_person then wikidata_id end as wikidata_id,
    title,
    title_mention_count,
    if(is_surname, 'surname_and_title', 'name_and_title') as method,
    case when not is_one_person then 0.5 when is_surname then 0.85 else 0.98 end::double
        as confidence,
from offices
order by entity_id, valid_from, office, official_name
