with

actor_articles as (

    select * from {{ ref('actor_articles') }}

),

quotes_about as (

    select * from {{ ref('quotes_about') }}

),

-- Only quotes of other actors: an unnamed source may be the actor's own spokesperson.
talked_about as (

    select
        entity_id,
        article_id,
        count(distinct utterance_id) as talked_about_utterance_count,
        count(distinct utterance_id) filter ({{ is_statement('act') }})
            as talked_about_statement_count,
    from quotes_about
    where speaker_entity_id <> entity_id
    group by all

),

appearances as (

    select
        actor_articles.*,
        date_trunc('month', actor_articles.published_on)::date as period_start,
        actor_articles.mention_count > 0 as is_mentioned,
        -- Only what is said decides who is quoted or talked about. What somebody thinks or wants
        -- is in the outlet's voice.
        actor_articles.statement_count > 0 as is_quoted,
        coalesce(talked_about.talked_about_statement_count, 0) > 0 as is_talked_about,
        coalesce(talked_about.talked_about_utterance_count, 0) as talked_about_utterance_count,
        coalesce(talked_about.talked_about_statement_count, 0) as talked_about_statement_count,
    from actor_articles
    left join talked_about using (entity_id, article_id)
    where actor_articles.published_on is not null

),

by_story as (

    select
        entity_id,
        outlet,
        period_start,
        story_id,
        count(*) as appearance_count,
        count(*) filter (is_mentioned) as article_count,
        count(*) filter (is_quoted) as quoted_article_count,
        count(*) filter (is_talked_about) as talked_about_article_count,
        count(*) filter (is_talked_about and not is_quoted) as unheard_article_count,
        sum(utterance_count) as utterance_count,
        sum(statement_count) as statement_count,
        sum(talked_about_utterance_count) as talked_about_utterance_count,
        sum(talked_about_statement_count) as talked_about_statement_count,
        sum(quoted_word_count) as quoted_word_count,
        -- Inputs of the lower and upper bounds, see macros/interval.sql.
        sum(utterance_chance) as utterance_chance,
        sum(article_doubt) as article_doubt,
        sum(utterance_doubt) as utterance_doubt,
        sum(statement_doubt) as statement_doubt,
        sum(quoted_word_doubt) as quoted_word_doubt,
    from appearances
    group by all

),

counted as (

    {%- set counts = {
        'article': 'sum(article_count)::bigint',
        'story': 'count(*) filter (article_count > 0)',
    } %}

    select
        entity_id,
        outlet,
        period_start,
        {{ interval('article', counts) }}
        sum(quoted_article_count)::bigint as quoted_article_count,
        sum(talked_about_article_count)::bigint as talked_about_article_count,
        sum(unheard_article_count)::bigint as unheard_article_count,
        {{ interval('utterance', counts) }}
        {{ interval('statement', counts) }}
        sum(talked_about_utterance_count)::bigint as talked_about_utterance_count,
        sum(talked_about_statement_count)::bigint as talked_about_statement_count,
        {{ interval('quoted_word', counts) }}
        sum(quoted_article_count) / sum(appearance_count) as share_of_articles_heard,
        {{ interval('story', counts) }}
        count(*) filter (quoted_article_count > 0) as quoted_story_count,
        count(*) filter (talked_about_article_count > 0) as talked_about_story_count,
        -- By story: a copy that was cut before the actor's own words doesn't make it unheard.
        count(*) filter (talked_about_article_count > 0 and quoted_article_count = 0)
            as unheard_story_count,
    from by_story
    group by all

),

voices as (

    select
        * exclude (
            story_count, story_count_low, story_count_high, quoted_story_count,
            talked_about_story_count, unheard_story_count
        ),
        utterance_count
        / nullif(utterance_count + talked_about_utterance_count, 0) as share_of_utterances_own,
        statement_count
        / nullif(statement_count + talked_about_statement_count, 0) as share_of_statements_own,
        story_count,
        story_count_low,
        story_count_high,
        quoted_story_count,
        talked_about_story_count,
        unheard_story_count,
    from counted

)

select * from voices
order by entity_id, period_start, outlet
