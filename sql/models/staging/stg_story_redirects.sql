with

source as (

    select * from {{ source('loaded', 'story_redirects') }}

),

selected as (

    select
        old_story_id,
        story_id,
    from source

)

select * from selected
