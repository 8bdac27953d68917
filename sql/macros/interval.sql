{#
  Lower and upper bounds of a count: a 90% interval for the true value, from the confidences of what
  was found and from how much is missed elsewhere. docs/adr/0012-intervals.md explains the model,
  docs/quality.md has its coverage of the gold counts.

  doubt: expected squared error of one measure in one article, where everything `found` is right
  together or wrong together: `found` * (`found` - sum of their confidences). A decimal, so that
  sums don't depend on the order of rows.

  interval: the columns {measure}_count, {measure}_count_low and {measure}_count_high of a group of
  rows of actor_articles, or of rows derived from them with the same names. `counts` says how
  articles and stories are counted there. With the parameters of the measure from `vars` in
  dbt_project.yml:
    below  what is wrong: variance = together * sum of doubts
    above  what is missed: mean = missed * count + unseen * chances, variance = clump * mean, where
           chances are the articles in which all may be missed: the sum of column `chance`
    both   a deviation of drift * count, which doesn't average out over articles
  Each bound is `reach` deviations away, rounded to a whole number. The lower bound is never below
  0, and the interval always contains the count. A count of 0 has an upper bound above 0 if
  something is missed often enough.

  interval_of_share: {share}, {share}_low and {share}_high of a count that has an interval.
#}
{% macro doubt(found, confidences) -%}
    coalesce({{ found }} * ({{ found }} - {{ confidences }}), 0)::decimal(18, 3)
{%- endmacro %}

{% macro interval_bound(measure, side, count, doubt, chances) -%}
    {%- set parameters = var('intervals')[measure] -%}
    {%- set drift = 'pow(' ~ parameters.drift ~ '::double * ' ~ count ~ ', 2)' -%}
    {%- set missed = '(' ~ parameters.missed ~ '::double * ' ~ count ~ ' + ' ~ parameters.unseen
        ~ '::double * ' ~ chances ~ ')' -%}
    {%- if side == 'low' -%}
    greatest(0, round(
        {{ count }}
        - {{ parameters.reach }}::double
        * sqrt({{ parameters.together }}::double * coalesce({{ doubt }}, 0) + {{ drift }})
    ))::bigint
    {%- else -%}
    round(
        {{ count }} + {{ missed }}
        + {{ parameters.reach }}::double
        * sqrt({{ parameters.clump }}::double * {{ missed }} + {{ drift }})
    )::bigint
    {%- endif -%}
{%- endmacro %}

{% macro interval(measure, counts=none) -%}
    {%- set counts = counts or {
        'article': 'count(*) filter (mention_count > 0)',
        'headline_article': 'count(*) filter (headline_mention_count > 0)',
        'story': 'count(distinct story_id) filter (mention_count > 0)',
    } -%}
    {%- set count = counts[measure] or 'sum(' ~ measure ~ '_count)::bigint' -%}
    {%- set doubt = 'sum(' ~ measure ~ '_doubt)' -%}
    {%- if measure == 'story' -%}
        {#- Copies of a story are right or wrong together, so its doubt is that of its articles. -#}
        {%- set doubt = 'sum(article_doubt) * ' ~ count ~ ' / nullif(' ~ counts['article']
            ~ ', 0)' -%}
    {%- endif -%}
    {%- set chance = var('intervals')[measure].chance -%}
    {%- set chances = 'sum(' ~ chance ~ ')' if chance else '0' -%}
    {{ count }} as {{ measure }}_count,
    {% for side in ['low', 'high'] -%}
    {{ interval_bound(measure, side, count, doubt, chances) }}
        as {{ measure }}_count_{{ side }},
    {% endfor %}
{%- endmacro %}

{% macro interval_of_share(share, count, total) -%}
    {{ count }} / {{ total }} as {{ share }},
    {{ count }}_low / {{ total }} as {{ share }}_low,
    -- The true count may exceed what was found, but not the total.
    least({{ count }}_high, {{ total }}) / {{ total }} as {{ share }}_high,
{%- endmacro %}

{#
  A count of `actor_appearances` with its bounds, 0 in periods without the actor. What was missed
  there depends on how often the actor is in the news otherwise, which no single period knows.
#}
{% macro filled_interval(count) -%}
    {% for column in [count, count ~ '_low', count ~ '_high'] -%}
    coalesce(actor_appearances.{{ column }}, 0)::bigint as {{ column }},
    {% endfor %}
{%- endmacro %}
