with

source as (

    select * from {{ source('loaded', 'article_overrides') }}

),

selected as (

    select
        article_id,
        published_on,
        outlet,
    from source

)

select * from selected
