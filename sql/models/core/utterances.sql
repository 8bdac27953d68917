-- A view: it repeats the texts of `quotes`, a view too, and filters by article and speaker reach
-- them.
{{ config(materialized='view') }}

with

quotes as (

    select * from {{ ref('quotes') }}

),

articles as (

    select * from {{ ref('article_metadata') }}

),

entities as (

    select * from {{ ref('entities') }}

),

pieces as (

    select
        *,
        char_start - lag(char_end) over (
            partition by utterance_id, article_id, part, speaker_entity_id
            order by char_start
        ) as gap,
    from quotes

),

utterances as (

    select
        utterance_id,
        article_id,
        part,
        speaker_entity_id,
        string_agg(
            -- Up to four characters between two pieces are marks and spaces; more are left out.
            case when gap is null then '' when gap <= 4 then ' ' else ' … ' end
            -- In reported speech, marks show which words are the speaker's own.
            || case kind when 'mixed' then '“' || text || '”' else text end,
            '' order by char_start
        ) as text,
        case
            when bool_and(kind = 'direct') then 'direct'
            when bool_and(kind = 'indirect') then 'indirect'
            else 'mixed'
        end as kind,
        arg_min(cue, char_start) as cue,
        arg_min(speaker_surface, char_start) as speaker_surface,
        arg_min(method, char_start) as method,
        min(act) as act,
        min(char_start) as char_start,
        max(char_end) as char_end,
        min(confidence) as confidence,
        min(speaker_confidence) as speaker_confidence,
    from pieces
    group by all

),

joined as (

    select
        utterances.utterance_id,
        utterances.article_id,
        articles.published_on,
        articles.outlet,
        utterances.part,
        utterances.char_start,
        utterances.char_end,
        utterances.text,
        utterances.kind,
        utterances.act,
        utterances.cue,
        utterances.speaker_entity_id,
        entities.name as speaker_name,
        utterances.speaker_surface,
        utterances.method,
        utterances.confidence,
        utterances.speaker_confidence,
    from utterances
    inner join articles using (article_id)
    left join entities on utterances.speaker_entity_id = entities.entity_id

)

select * from joined
