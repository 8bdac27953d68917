{# The spikes come from int_spikes; this model adds what explains them, from their own articles. #}
with

spikes as (

    select * from {{ ref('int_spikes') }}

),

spike_articles as (

    select * from {{ ref('int_spike_articles') }}

),

articles as (

    select * from {{ ref('article_metadata') }}

),

actor_articles as (

    select * from {{ ref('actor_articles') }}

),

actor_monthly as (

    select * from {{ ref('actor_monthly') }}

),

-- Read twice: if DuckDB materialized this CTE, it would keep every quote to find a few.
quote_attributions as not materialized (

    select * from {{ ref('quote_attributions') }}

),

quotes_about as (

    select * from {{ ref('quotes_about') }}

),

-- One article per story: copies of one text would fill the list.
ranked_articles as (

    select
        *,
        row_number() over (
            partition by entity_id, grain, period_start
            order by headline_mention_count > 0 desc, mention_count desc, article_id
        ) as place,
    from spike_articles
    where is_best_of_story

),

headlines as (

    select
        ranked_articles.entity_id,
        ranked_articles.grain,
        ranked_articles.period_start,
        list(ranked_articles.story_id order by ranked_articles.place) as story_ids,
        list(ranked_articles.article_id order by ranked_articles.place) as article_ids,
        list(articles.headline order by ranked_articles.place)
        filter (articles.headline is not null) as headlines,
    from ranked_articles
    inner join articles using (article_id)
    where ranked_articles.place <= 5
    group by all

),

companions as (

    select
        spike_articles.entity_id,
        spike_articles.grain,
        spike_articles.period_start,
        actor_articles.entity_id as companion_id,
        count(distinct spike_articles.story_id) as story_count,
        date_trunc('month', max(spike_articles.published_on))::date as month_start,
    from spike_articles
    inner join actor_articles using (article_id)
    where
        actor_articles.entity_id <> spike_articles.entity_id
        and actor_articles.name_mention_count > 0
    group by all
    having count(distinct spike_articles.story_id) >= 2

),

-- Compared with the share of the month's stories that name them: an actor that is named everywhere
-- explains nothing.
weighed as (

    select
        companions.*,
        companions.story_count
        * ln(companions.story_count / spikes.story_count / actor_monthly.share_of_stories)
            as weight,
    from companions
    inner join spikes using (entity_id, grain, period_start)
    inner join actor_monthly
        on
            companions.companion_id = actor_monthly.entity_id
            and companions.month_start = actor_monthly.period_start

),

top_companions as (

    select
        entity_id,
        grain,
        period_start,
        list(companion_id order by weight desc, companion_id)[1:5] as companion_entity_ids,
    from weighed
    where weight > 0
    group by all

),

candidate_quotes as (

    select
        spike_articles.entity_id,
        spike_articles.grain,
        spike_articles.period_start,
        quote_attributions.quote_id,
        true as is_own,
    from spike_articles
    inner join quote_attributions
        on
            spike_articles.article_id = quote_attributions.article_id
            and spike_articles.entity_id = quote_attributions.speaker_entity_id
    union all
    select
        spike_articles.entity_id,
        spike_articles.grain,
        spike_articles.period_start,
        quotes_about.quote_id,
        false as is_own,
    from spike_articles
    inner join quotes_about using (entity_id, article_id)
    where quotes_about.speaker_entity_id is not null and not quotes_about.is_about_speaker

),

best_quotes as (

    select
        candidate_quotes.entity_id,
        candidate_quotes.grain,
        candidate_quotes.period_start,
        candidate_quotes.quote_id,
    from candidate_quotes
    inner join quote_attributions as quotes using (quote_id)
    qualify
        row_number() over (
            partition by
                candidate_quotes.entity_id, candidate_quotes.grain, candidate_quotes.period_start
            order by
                quotes.kind <> 'indirect' desc,
                quotes.char_end - quotes.char_start between 30 and 300 desc,
                candidate_quotes.is_own desc,
                quotes.char_end - quotes.char_start desc,
                quotes.quote_id
        ) = 1

),

actor_spikes as (

    select
        spikes.*,
        headlines.story_ids,
        headlines.article_ids,
        coalesce(headlines.headlines, []) as headlines,
        coalesce(top_companions.companion_entity_ids, []) as companion_entity_ids,
        best_quotes.quote_id,
    from spikes
    left join headlines using (entity_id, grain, period_start)
    left join top_companions using (entity_id, grain, period_start)
    left join best_quotes using (entity_id, grain, period_start)

)

select * from actor_spikes
order by entity_id, grain, period_start
