{#
  A table: int_spike_articles and actor_spikes both read it, and counting takes most of their time.

  A period is a spike if a story count at least as high has a probability of at most 1 in 1,000, and
  at least three stories mention the actor. docs/adr/0010-spikes.md has the false alarms and
  detections at these limits, and those of counting reprints too. bench/spikes.py sets the variable.
#}
{{ config(materialized='table') }}
{% set least_surprise = var('spike_least_surprise', 3) %}
{% set least_stories = 3 %}

with

actor_daily as (

    select * from {{ ref('actor_daily') }}

),

actor_weekly as (

    select * from {{ ref('actor_weekly') }}

),

publication_periods as (

    select * from {{ ref('publication_periods') }}

),

-- A day is compared with the 8 weeks before it, a week with the 26 weeks before it. Half of that
-- baseline must have passed since the first dated article.
grains as (

    select
        unnest(['day', 'week']) as grain,
        unnest([1, 7]) as day_count,
        unnest([56, 26]) as width,

),

positions as (

    -- Days or weeks since a Monday.
    select
        grains.grain,
        publication_periods.period_start,
        grains.width,
        publication_periods.story_count::double as story_total,
        (publication_periods.period_start - date '1970-01-05') // grains.day_count as position,
    from publication_periods
    inner join grains using (grain)

),

calendar as (

    select
        grain,
        period_start,
        position,
        width,
        story_total,
        sum(story_total) over baseline as baseline_total,
        sum(story_total * story_total) over baseline as baseline_squares,
        position - min(position) over (partition by grain) >= width // 2 as is_ready,
    from positions
    window baseline as (
        partition by grain
        order by position
        range between width preceding and 1 preceding
    )

),

appearances as (

    select
        'day' as grain,
        entity_id,
        period_start,
        article_count,
        story_count,
        outlet_count,
    from actor_daily
    union all
    select
        'week' as grain,
        entity_id,
        period_start,
        article_count,
        story_count,
        outlet_count,
    from actor_weekly

),

-- Most of a million actors never have this many stories in one period: skip their counts.
candidates as (

    select distinct entity_id
    from appearances
    where story_count >= {{ least_stories }}

),

observed as (

    select
        appearances.entity_id,
        appearances.grain,
        appearances.period_start,
        calendar.position,
        calendar.width,
        appearances.story_count::double as story_count,
        false as is_left_out,
    from appearances
    semi join candidates using (entity_id)
    inner join calendar using (grain, period_start)

),

-- Two passes: a spike in the baseline would hide the next one, so the second pass leaves out the
-- spikes of the first. No third pass: an actor that has risen to a new level would spike for ever.
first_pass as (

    {{ spike_pass('observed') | indent(4) }}

),

first_spikes as (

    select
        entity_id,
        grain,
        period_start,
    from first_pass
    where
        is_ready
        and story_count >= {{ least_stories }}
        and story_count > mean
        and {{ surprise('story_count', 'mean', 'size', least_surprise) }} >= {{ least_surprise }}

),

reobserved as (

    select observed.* replace (first_spikes.entity_id is not null as is_left_out)
    from observed
    left join first_spikes using (entity_id, grain, period_start)

),

second_pass as (

    {{ spike_pass('reobserved') | indent(4) }}

),

scored as (

    select
        *,
        {{ surprise('story_count', 'mean', 'size', least_surprise) }} as surprise,
    from second_pass
    where is_ready and story_count >= {{ least_stories }} and story_count > mean

),

spikes as (

    select
        scored.entity_id,
        scored.grain,
        scored.period_start,
        appearances.article_count,
        scored.story_count::bigint as story_count,
        appearances.outlet_count,
        scored.mean as expected_story_count,
        scored.story_count / scored.mean as ratio,
        scored.surprise,
        scored.baseline_story_count::bigint as baseline_story_count,
    from scored
    inner join appearances using (entity_id, grain, period_start)
    where scored.surprise >= {{ least_surprise }}

)

select * from spikes
order by entity_id, grain, period_start
