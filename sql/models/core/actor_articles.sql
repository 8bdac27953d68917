with

mentions as (

    select * from {{ ref('mentions') }}

),

quotes as (

    select * from {{ ref('quotes') }}

),

articles as (

    select * from {{ ref('article_metadata') }}

),

mentioned as (

    select
        entity_id,
        article_id,
        count(*) as mention_count,
        count(*) filter (kind = 'name') as name_mention_count,
        count(*) filter (part = 'headline') as headline_mention_count,
        sum(confidence::decimal(4, 3)) as confidences,
        sum(confidence::decimal(4, 3)) filter (kind = 'name') as name_confidences,
        1 - max(confidence::decimal(4, 3)) as article_doubt,
        1 - max(confidence::decimal(4, 3)) filter (part = 'headline') as headline_article_doubt,
        -- Headlines sum up how an article begins. Of ten missed ones (GUM and our own, the halves
        -- used to fit), nine have the actor in the first five sentences, eight in the first four.
        bool_or(part = 'body' and sentence < 5) as is_early,
        bool_or(type in ('PERSON', 'ORG')) as is_able_to_speak,
    from mentions
    where entity_id is not null and {{ is_talk_of_actor('method') }}
    group by all

),

utterances as (

    select
        speaker_entity_id as entity_id,
        article_id,
        utterance_id,
        -- Indirect speech is in the outlet's words, not the actor's.
        coalesce(
            sum(length(regexp_extract_all(text, '\S+'))) filter (kind <> 'indirect'), 0
        )::bigint as word_count,
        -- Doubt about the quote, combined with doubt about its speaker.
        1 - min(confidence * coalesce(speaker_confidence, 1))::decimal(4, 3) as doubt,
        {{ is_statement('min(act)') }} as is_statement,
    from quotes
    where speaker_entity_id is not null
    group by all

),

-- Each utterance is right or wrong on its own, and its words are so together.
quoted as (

    select
        entity_id,
        article_id,
        count(*) as utterance_count,
        count(*) filter (is_statement) as statement_count,
        sum(word_count)::bigint as quoted_word_count,
        sum(doubt) as utterance_doubt,
        sum(doubt) filter (is_statement) as statement_doubt,
        sum(word_count * word_count * doubt) as quoted_word_doubt,
    from utterances
    group by all

),

-- A full join: speakers are normally mentioned too, but nothing relies on it.
appearances as (

    select
        entity_id,
        article_id,
        coalesce(mentioned.mention_count, 0) as mention_count,
        coalesce(mentioned.name_mention_count, 0) as name_mention_count,
        coalesce(mentioned.headline_mention_count, 0) as headline_mention_count,
        coalesce(quoted.utterance_count, 0) as utterance_count,
        coalesce(quoted.statement_count, 0) as statement_count,
        coalesce(quoted.quoted_word_count, 0) as quoted_word_count,
        {{ doubt('mentioned.mention_count', 'mentioned.confidences') }} as mention_doubt,
        {{ doubt('mentioned.name_mention_count', 'mentioned.name_confidences') }}
            as name_mention_doubt,
        coalesce(mentioned.article_doubt, 0)::decimal(18, 3) as article_doubt,
        coalesce(mentioned.headline_article_doubt, 0)::decimal(18, 3) as headline_article_doubt,
        coalesce(quoted.utterance_doubt, 0)::decimal(18, 3) as utterance_doubt,
        coalesce(quoted.statement_doubt, 0)::decimal(18, 3) as statement_doubt,
        coalesce(quoted.quoted_word_doubt, 0)::decimal(18, 3) as quoted_word_doubt,
        coalesce(mentioned.is_early, false) as is_early,
        coalesce(mentioned.is_able_to_speak, false) as is_able_to_speak,
    from mentioned
    full join quoted using (entity_id, article_id)

),

joined as (

    select
        appearances.entity_id,
        appearances.article_id,
        articles.published_on,
        articles.outlet,
        articles.story_id,
        appearances.mention_count,
        appearances.name_mention_count,
        appearances.headline_mention_count,
        appearances.utterance_count,
        appearances.statement_count,
        appearances.quoted_word_count,
        appearances.mention_doubt,
        appearances.name_mention_doubt,
        appearances.article_doubt,
        appearances.headline_article_doubt,
        appearances.utterance_doubt,
        appearances.statement_doubt,
        appearances.quoted_word_doubt,
        (
            appearances.is_early
            and appearances.headline_mention_count = 0
            and articles.headline is not null
        )::bigint as headline_article_chance,
        appearances.is_able_to_speak::bigint as utterance_chance,
    from appearances
    inner join articles using (article_id)

)

select * from joined
order by entity_id, published_on
