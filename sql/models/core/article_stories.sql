with

stories as (

    select * from {{ ref('stg_article_stories') }}

),

article_versions as (

    select * from {{ ref('int_article_versions') }}

),

current_versions as (

    select * from {{ ref('int_current_versions') }}

),

outlets as (

    select * from {{ ref('stg_outlets') }}

),

first_seen as (

    select
        article_id,
        min(first_sequence) as first_sequence,
    from article_versions
    group by all

),

published as (

    select
        stories.*,
        coalesce(outlets.outlet, article_versions.outlet) as outlet,
        row_number() over (
            partition by stories.story_id
            order by
                article_versions.published_on nulls last,
                article_versions.published_at nulls last,
                first_seen.first_sequence,
                stories.article_id
        ) = 1 as is_first,
    from stories
    inner join current_versions using (article_id)
    inner join article_versions using (content_sha256)
    inner join first_seen on stories.article_id = first_seen.article_id
    left join outlets using (outlet_key)

),

compared as (

    select
        *,
        first_value(outlet) over (
            partition by story_id
            order by is_first desc
        ) as first_outlet,
    from published

),

final as (

    select
        article_id,
        story_id,
        is_first,
        -- Null if either outlet is unknown.
        case when is_first then false else outlet <> first_outlet end as is_reprint,
        method,
        containment,
        matched_article_id,
    from compared

)

select * from final
order by story_id, article_id
