{{ config(meta={
    'actors': {'entity_id': {
        'actor_outlet_monthly': 'entity_id', 'actor_voice_monthly': 'entity_id',
        'actor_monthly': 'entity_id',
    }},
    'months': {'period_start': {
        'actor_outlet_monthly': 'period_start', 'actor_voice_monthly': 'period_start',
        'actor_monthly': 'period_start',
    }},
}) }}
-- In both tables by outlet, an actor's counts add up to those of `actor_monthly`.
{% set sources = {
    'actor_outlet_monthly': [
        'mention_count', 'name_mention_count', 'article_count', 'headline_article_count',
        'utterance_count', 'statement_count',
    ],
    'actor_voice_monthly': ['article_count', 'utterance_count', 'statement_count'],
} %}

{% for source, measures in sources.items() %}
(
    select
        entity_id,
        period_start,
        '{{ source }}' as source,
    from (
        select
            entity_id,
            period_start,
            {% for measure in measures %}
            sum({{ measure }})::bigint as {{ measure }},
            {% endfor %}
        from {{ ref(source) }}
        group by all
        union all
        select
            entity_id,
            period_start,
            {% for measure in measures %}
            {{ measure }},
            {% endfor %}
        from {{ ref('actor_monthly') }}
    )
    group by all
    having
        count(*) <> 2
        {% for measure in measures %}
        or min({{ measure }}) <> max({{ measure }})
        {% endfor %}
)
{{ 'union all' if not loop.last }}
{% endfor %}
