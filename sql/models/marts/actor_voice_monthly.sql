with

actor_articles as (

    select * from {{ ref('actor_articles') }}

),

quotes as (

    select * from {{ ref('quotes') }}

),

quotes_about as (

    select * from {{ ref('quotes_about') }}

),

-- Indirect speech is the outlet's words, not the actor's.
quoted_words as (

    select
        speaker_entity_id as entity_id,
        article_id,
        sum(length(regexp_extract_all(text, '\S+')))::bigint as quoted_word_count,
    from quotes
    where speaker_entity_id is not null and kind <> 'indirect'
    group by all

),

-- Only what another actor says: an unnamed source may be the actor's own spokesman.
talked_about as (

    select
        entity_id,
        article_id,
        count(distinct utterance_id) as talked_about_utterance_count,
    from quotes_about
    where speaker_entity_id <> entity_id
    group by all

),

appearances as (

    select
        actor_articles.entity_id,
        actor_articles.outlet,
        date_trunc('month', actor_articles.published_on)::date as period_start,
        actor_articles.mention_count > 0 as is_mentioned,
        actor_articles.utterance_count > 0 as is_quoted,
        talked_about.talked_about_utterance_count is not null as is_talked_about,
        actor_articles.utterance_count,
        coalesce(quoted_words.quoted_word_count, 0) as quoted_word_count,
        coalesce(talked_about.talked_about_utterance_count, 0) as talked_about_utterance_count,
    from actor_articles
    left join quoted_words using (entity_id, article_id)
    left join talked_about using (entity_id, article_id)
    where actor_articles.published_on is not null

),

counted as (

    select
        entity_id,
        outlet,
        period_start,
        count(*) filter (is_mentioned) as article_count,
        count(*) filter (is_quoted) as quoted_article_count,
        count(*) filter (is_talked_about) as talked_about_article_count,
        count(*) filter (is_talked_about and not is_quoted) as unheard_article_count,
        sum(utterance_count)::bigint as utterance_count,
        sum(talked_about_utterance_count)::bigint as talked_about_utterance_count,
        sum(quoted_word_count)::bigint as quoted_word_count,
        count(*) filter (is_quoted) / count(*) as share_of_articles_heard,
    from appearances
    group by all

),

voices as (

    select
        *,
        utterance_count
        / nullif(utterance_count + talked_about_utterance_count, 0) as share_of_utterances_own,
    from counted

)

select * from voices
order by entity_id, period_start, outlet
