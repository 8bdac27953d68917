with

article_redirects as (

    select * from {{ ref('stg_article_redirects') }}

)

select * from article_redirects
order by old_article_id, article_id
