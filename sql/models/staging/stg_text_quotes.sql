with

source as (

    select * from {{ source('loaded', 'text_quotes') }}

),

selected as (

    select
        quote_id,
        utterance_id,
        content_sha256,
        part,
        char_start,
        char_end,
        text,
        kind,
        cue,
        speaker_text_actor_id,
        speaker_surface,
        speaker_char_start,
        speaker_char_end,
        method,
        confidence,
        speaker_confidence,
        act,
    from source

)

select * from selected
