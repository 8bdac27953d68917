with

source as (

    select * from {{ source('loaded', 'article_stories') }}

),

selected as (

    select
        article_id,
        story_id,
        method,
        containment,
        matched_article_id,
    from source

)

select * from selected
