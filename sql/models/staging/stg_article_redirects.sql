with

source as (

    select * from {{ source('loaded', 'article_redirects') }}

),

selected as (

    select
        old_article_id,
        article_id,
        share_of_text,
    from source

)

select * from selected
