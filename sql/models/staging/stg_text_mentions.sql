with

source as (

    select * from {{ source('loaded', 'text_mentions') }}

),

selected as (

    select
        mention_id,
        content_sha256,
        text_actor_id,
        part,
        char_start,
        char_end,
        surface,
        type,
        kind,
        paragraph,
        sentence,
        role,
        is_in_quote,
        method,
        confidence,
    from source

)

select * from selected
