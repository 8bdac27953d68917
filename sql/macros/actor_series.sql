{#
  The series of one grain: one row per entity and period in which it appears. Used by actor_daily,
  actor_weekly and actor_monthly.

  An article has one day, so its counts add up over periods. Only outlets, stories, shares and ranks
  have to be computed per grain.

  A correction changes the rows of a few actors or periods, and the ranks of all other actors in
  these periods. `meta` says how to rebuild each of them.

  grain: 'day', 'week' (ISO: from Monday) or 'month'.
#}
{% macro actor_series(grain) %}
{% set rank -%}
rank() over (
            partition by period_start
            order by article_count desc, mention_count desc
        )
{%- endset %}
{{ config(meta={
    'actors': {'entity_id': {'actor_articles': 'entity_id'}},
    grain ~ 's': {'period_start': {'actor_articles': 'published_on'}},
    'among_all': {'rank': rank},
}) }}
with

actor_articles as (

    select * from {{ ref('actor_articles') }}

),

publication_periods as (

    select * from {{ ref('publication_periods') }}

),

appearances as (

    select
        *,
        date_trunc('{{ grain }}', published_on)::date as period_start,
    from actor_articles
    where published_on is not null

),

period_totals as (

    select
        period_start,
        article_count as article_total,
        story_count as story_total,
    from publication_periods
    where grain = '{{ grain }}'

),

counted as (

    select
        entity_id,
        period_start,
        {{ interval('mention') }}
        {{ interval('name_mention') }}
        {{ interval('article') }}
        {{ interval('headline_article') }}
        {{ interval('utterance') }}
        {{ interval('statement') }}
        {{ interval('quoted_word') }}
        count(distinct outlet) as outlet_count,
        {{ interval('story') }}
    from appearances
    group by all

),

ranked as (

    select
        counted.* exclude (story_count, story_count_low, story_count_high),
        {{ interval_of_share(
            'share_of_articles', 'counted.article_count', 'period_totals.article_total'
        ) }}
        {{ rank }} as rank,
        counted.story_count,
        counted.story_count_low,
        counted.story_count_high,
        {{ interval_of_share(
            'share_of_stories', 'counted.story_count', 'period_totals.story_total'
        ) }}
    from counted
    inner join period_totals using (period_start)

)

select * from ranked
-- Sorted by actor, so that a timeline reads only a few row groups.
order by entity_id, period_start
{% endmacro %}
