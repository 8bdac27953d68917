-- Parameters hide columns of the same name, so columns that share a name are qualified.
-- No CTE has the name of a table that `warehouse_table` reads (see table_macros.sql).
{{ config(
    materialized='table_function',
    parameters=['entity_id', 'grain', 'from_day := null', 'to_day := null', 'warehouse := null'],
    persist_docs={'relation': false, 'columns': false},
    post_hook="{{ comment_on_table_macro() }}",
) }}

with

published_entities as (

    select * from {{ warehouse_table('entities') }}

),

redirects as (

    select * from {{ warehouse_table('entity_redirects') }}

),

published_days as (

    select * from {{ warehouse_table('publication_days') }}

),

published_periods as (

    select * from {{ warehouse_table('publication_periods') }}

),

settings as (

    select
        -- The cast gives a null grain a type. Without it DuckDB drops the case, and the error.
        case
            when grain in ('day', 'week', 'month') then grain::varchar
            else
                error(
                    'actor_timeline: grain must be ''day'', ''week'' or ''month'', not '
                    || coalesce('''' || grain || '''', 'null')
                )
        end as period_grain,
        case grain
            when 'day' then interval 1 day
            when 'week' then interval 7 day
            else interval 1 month
        end as step,
        -- Periods of the two moving averages, including the current one.
        case grain when 'day' then 7 when 'week' then 4 else 3 end as width,
        case grain when 'day' then 28 when 'week' then 13 else 12 end as long_width,

),

actor as (

    select published_entities.entity_id as actor_id,
    from published_entities
    where
        published_entities.entity_id = coalesce(
            (
                select any_value(redirects.entity_id)
                from redirects
                where redirects.old_entity_id = entity_id
            ),
            entity_id
        )

),

period_totals as (

    select
        published_periods.period_start,
        published_periods.article_count as article_total,
        published_periods.story_count as story_total,
    from published_periods
    inner join settings on published_periods.grain = settings.period_grain

),

bounds as (

    select
        date_trunc(
            settings.period_grain,
            coalesce(from_day::date, (select min(published_on) from published_days))
        )::date as first_period,
        date_trunc(
            settings.period_grain,
            coalesce(to_day::date, (select max(published_on) from published_days))
        )::date as last_period,
        (select min(period_start) from period_totals) as first_period_with_articles,
        settings.step,
        settings.width,
        settings.long_width,
    from settings

),

-- Includes the periods before first_period that its averages reach back to.
periods as (

    select
        unnest(
            generate_series(first_period - (long_width - 1) * step, last_period, step)
        )::date as period_start,
        first_period,
        first_period_with_articles,
        width,
        long_width,
    from bounds

),

-- Two of the three are pruned when planning, for `grain` is a constant.
appearances as (

    select actor_daily.* from {{ warehouse_table('actor_daily') }} as actor_daily
    where grain = 'day'
    union all
    select actor_weekly.* from {{ warehouse_table('actor_weekly') }} as actor_weekly
    where grain = 'week'
    union all
    select actor_monthly.* from {{ warehouse_table('actor_monthly') }} as actor_monthly
    where grain = 'month'

),

actor_appearances as (

    select appearances.*
    from appearances
    inner join actor on appearances.entity_id = actor.actor_id

),

filled as (

    select
        periods.period_start,
        {% for measure in [
            'mention', 'article', 'utterance', 'statement', 'quoted_word', 'headline_article'
        ] -%}
        {{ filled_interval(measure ~ '_count') }}
        {% endfor -%}
        coalesce(actor_appearances.outlet_count, 0)::bigint as outlet_count,
        coalesce(period_totals.article_total, 0)::bigint as article_total,
        {{ filled_interval('story_count') }}
        coalesce(period_totals.story_total, 0)::bigint as story_total,
        actor_appearances.rank,
        periods.first_period,
        periods.period_start >= periods.first_period_with_articles as is_collected,
        periods.width,
        periods.long_width,
    from periods
    cross join actor
    left join period_totals on periods.period_start = period_totals.period_start
    left join actor_appearances on periods.period_start = actor_appearances.period_start

),

-- A zero before the first article of the warehouse means nothing, so averages leave it out.
averaged as (

    select
        filled.*,
        {{ interval_of_share(
            'share_of_articles', 'filled.article_count', 'nullif(filled.article_total, 0)'
        ) }}
        {{ interval_of_share(
            'share_of_stories', 'filled.story_count', 'nullif(filled.story_total, 0)'
        ) }}
        {% for window, prefix in [('recent', ''), ('long', 'long_')] -%}
        {% for measure, things in [('article', 'articles'), ('story', 'stories')] -%}
        avg(filled.{{ measure }}_count) filter (filled.is_collected) over {{ window }}
            as {{ measure }}_count_{{ prefix }}moving_average,
        sum(filled.{{ measure }}_count) over {{ window }}
        / nullif(sum(filled.{{ measure }}_total) over {{ window }}, 0)
            as share_of_{{ things }}_{{ prefix }}moving_average,
        {% endfor -%}
        {% endfor -%}
        lag(filled.rank) over (order by filled.period_start) - filled.rank as rank_change,
    from filled
    window recent as (
        order by filled.period_start
        rows between (filled.width - 1) preceding and current row -- noqa: PRS
    ),
    long as (
        order by filled.period_start
        rows between (filled.long_width - 1) preceding and current row -- noqa: PRS
    )

),

timeline as (

    select
        period_start,
        mention_count,
        mention_count_low,
        mention_count_high,
        article_count,
        article_count_low,
        article_count_high,
        utterance_count,
        utterance_count_low,
        utterance_count_high,
        statement_count,
        statement_count_low,
        statement_count_high,
        quoted_word_count,
        quoted_word_count_low,
        quoted_word_count_high,
        headline_article_count,
        headline_article_count_low,
        headline_article_count_high,
        outlet_count,
        share_of_articles,
        share_of_articles_low,
        share_of_articles_high,
        article_total,
        article_count_moving_average,
        share_of_articles_moving_average,
        story_count,
        story_count_low,
        story_count_high,
        share_of_stories,
        share_of_stories_low,
        share_of_stories_high,
        story_total,
        story_count_moving_average,
        share_of_stories_moving_average,
        article_count_long_moving_average,
        share_of_articles_long_moving_average,
        story_count_long_moving_average,
        share_of_stories_long_moving_average,
        rank,
        rank_change,
    from averaged
    where period_start >= first_period

)

select * from timeline
order by period_start
