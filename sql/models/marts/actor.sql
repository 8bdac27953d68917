-- Parameters hide columns of the same name, so columns that share a name are qualified.
-- No CTE has the name of a table that `warehouse_table` reads (see table_macros.sql).
{{ config(
    materialized='table_function',
    parameters=['name', 'warehouse := null'],
    persist_docs={'relation': false, 'columns': false},
    post_hook="{{ comment_on_table_macro() }}",
) }}

with

published_entities as (

    select * from {{ warehouse_table('entities') }}

),

redirects as (

    select * from {{ warehouse_table('entity_redirects') }}

),

wanted as (

    select
        nullif({{ folded('name') }}, '') as folded,
        coalesce(
            (
                select any_value(redirects.entity_id)
                from redirects
                where redirects.old_entity_id = name
            ),
            name
        ) as wanted_id,

),

matched as (

    select
        published_entities.*,
        case
            when published_entities.entity_id = wanted.wanted_id then 'entity_id'
            when {{ folded('published_entities.name') }} = wanted.folded then 'name'
            when
                list_contains(
                    list_transform(published_entities.aliases, lambda form: {{ folded('form') }}),
                    wanted.folded
                ) then 'alias'
        end as matched_by,
    from published_entities
    cross join wanted

),

candidates as (

    select * from matched
    where matched_by is not null

)

select * from candidates
order by
    matched_by = 'alias',
    candidates.article_count desc,
    candidates.mention_count desc,
    candidates.entity_id
