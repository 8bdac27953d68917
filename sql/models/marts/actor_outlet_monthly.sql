with

actor_articles as (

    select * from {{ ref('actor_articles') }}

),

articles as (

    select * from {{ ref('articles') }}

),

quotes as (

    select * from {{ ref('quotes') }}

),

outlet_totals as (

    select
        outlet,
        date_trunc('month', published_on)::date as period_start,
        count(*) as article_total,
    from articles
    where published_on is not null
    group by all

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

appearances as (

    select
        actor_articles.*,
        date_trunc('month', actor_articles.published_on)::date as period_start,
        coalesce(quoted_words.quoted_word_count, 0) as quoted_word_count,
    from actor_articles
    left join quoted_words using (entity_id, article_id)
    where actor_articles.published_on is not null

),

counted as (

    select
        entity_id,
        outlet,
        period_start,
        sum(mention_count)::bigint as mention_count,
        sum(name_mention_count)::bigint as name_mention_count,
        count(*) filter (mention_count > 0) as article_count,
        count(*) filter (headline_mention_count > 0) as headline_article_count,
        sum(utterance_count)::bigint as utterance_count,
        sum(quoted_word_count)::bigint as quoted_word_count,
    from appearances
    group by all

),

shares as (

    select
        counted.*,
        counted.article_count / outlet_totals.article_total as share_of_articles,
    from counted
    -- Articles of unknown outlets are compared with each other.
    inner join outlet_totals
        on
            counted.period_start = outlet_totals.period_start
            and counted.outlet is not distinct from outlet_totals.outlet

)

select * from shares
order by entity_id, period_start, outlet
