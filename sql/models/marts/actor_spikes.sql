{#
  A period is a spike when a count of stories as high or higher has at most one chance in a thousand,
  and three stories at least name the actor: docs/adr/0010-spikes.md has the false alarms and
  detections that go with it, and those of counting reprints too. The variable is for bench/spikes.py.
#}
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

-- Read twice: DuckDB would keep all of it, eleven million rows, and look for a few in there.
actor_articles as not materialized (

    select * from {{ ref('actor_articles') }}

),

articles as (

    select * from {{ ref('article_metadata') }}

),

actor_monthly as (

    select * from {{ ref('actor_monthly') }}

),

quote_attributions as not materialized (

    select * from {{ ref('quote_attributions') }}

),

quotes_about as (

    select * from {{ ref('quotes_about') }}

),

-- Days are compared with the eight weeks before, weeks with the half year before, once there is
-- half of that.
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

-- Of a million actors most never have so many stories in a period: their counts are not read.
at_stake as (

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
    semi join at_stake using (entity_id)
    inner join calendar using (grain, period_start)

),

-- Twice: a spike in the baseline would hide the next one, so the second time none is in it. Not
-- oftener: whoever has risen to stay would be news for ever.
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

    select
        observed.* replace (first_spikes.entity_id is not null as is_left_out),
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
        scored.*,
        appearances.article_count,
        appearances.outlet_count,
    from scored
    inner join appearances using (entity_id, grain, period_start)
    where surprise >= {{ least_surprise }}

),

-- What explains a spike, from its own articles.
spike_articles as (

    select
        spikes.entity_id,
        spikes.grain,
        spikes.period_start,
        actor_articles.article_id,
        actor_articles.story_id,
        actor_articles.published_on,
        row_number() over (
            partition by
                spikes.entity_id, spikes.grain, spikes.period_start, actor_articles.story_id
            order by
                actor_articles.headline_mention_count > 0 desc,
                actor_articles.mention_count desc,
                actor_articles.article_id
        ) = 1 as is_best_of_story,
        actor_articles.headline_mention_count,
        actor_articles.mention_count,
    from spikes
    inner join actor_articles
        on
            spikes.entity_id = actor_articles.entity_id
            and spikes.period_start
            = date_trunc(spikes.grain, actor_articles.published_on)::date
    where actor_articles.mention_count > 0

),

-- One article of each story: copies of one text would fill the list.
told as (

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
        told.entity_id,
        told.grain,
        told.period_start,
        list(told.story_id order by told.place) as story_ids,
        list(told.article_id order by told.place) as article_ids,
        list(articles.headline order by told.place)
            filter (articles.headline is not null) as headlines,
    from told
    inner join articles using (article_id)
    where told.place <= 5
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

-- Beside the share of the month's stories that name them: who is named everywhere explains nothing.
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

companies as (

    select
        entity_id,
        grain,
        period_start,
        list(companion_id order by weight desc, companion_id)[1:5] as companion_entity_ids,
    from weighed
    where weight > 0
    group by all

),

said as (

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

spoken as (

    select
        said.entity_id,
        said.grain,
        said.period_start,
        said.quote_id,
    from said
    inner join quote_attributions as quotes using (quote_id)
    qualify row_number() over (
        partition by said.entity_id, said.grain, said.period_start
        order by
            quotes.kind <> 'indirect' desc,
            quotes.char_end - quotes.char_start between 30 and 300 desc,
            said.is_own desc,
            quotes.char_end - quotes.char_start desc,
            quotes.quote_id
    ) = 1

),

actor_spikes as (

    select
        spikes.entity_id,
        spikes.grain,
        spikes.period_start,
        spikes.article_count,
        spikes.story_count::bigint as story_count,
        spikes.outlet_count,
        spikes.mean as expected_story_count,
        spikes.story_count / spikes.mean as ratio,
        spikes.surprise,
        spikes.baseline_story_count::bigint as baseline_story_count,
        headlines.story_ids,
        headlines.article_ids,
        coalesce(headlines.headlines, []) as headlines,
        coalesce(companies.companion_entity_ids, []) as companion_entity_ids,
        spoken.quote_id,
    from spikes
    left join headlines using (entity_id, grain, period_start)
    left join companies using (entity_id, grain, period_start)
    left join spoken using (entity_id, grain, period_start)

)

select * from actor_spikes
order by entity_id, grain, period_start
