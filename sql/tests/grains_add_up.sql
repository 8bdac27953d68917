{{ config(meta={
    'own_articles': true,
    'actors': {'entity_id': {
        'actor_daily': 'entity_id', 'actor_weekly': 'entity_id', 'actor_monthly': 'entity_id'
    }},
}) }}
-- An article has one day, so an actor's counts by day, week and month have the same sum.
{% set measures = [
    'mention_count', 'name_mention_count', 'article_count', 'headline_article_count',
    'utterance_count', 'statement_count',
] %}
with

sums as (

    {% for grain in ['daily', 'weekly', 'monthly'] %}
    select
        entity_id,
        '{{ grain }}' as grain,
        {% for measure in measures %}
        sum({{ measure }})::bigint as {{ measure }},
        {% endfor %}
    from {{ ref('actor_' ~ grain) }}
    group by all
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

disagreeing as (

    select
        entity_id,
        count(*) as grain_count,
    from sums
    group by entity_id
    having
        count(*) <> 3
        {% for measure in measures %}
        or min({{ measure }}) <> max({{ measure }})
        {% endfor %}

)

select * from disagreeing
