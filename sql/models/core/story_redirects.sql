with

story_redirects as (

    select * from {{ ref('stg_story_redirects') }}

)

select * from story_redirects
order by old_story_id
