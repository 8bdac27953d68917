{#
  Low and high of a count: a 90% interval of what is right, from the confidences of what was found
  and from how much is missed elsewhere. docs/adr/0012-intervals.md says why, docs/quality.md how
  often they hold the gold count.

  doubt: of one measure in one article, where all that was `found` is right together or wrong
  together: `found` * (`found` - sum of their confidences), how far the count lies from what is
  right, squared, on average. A decimal, so that sums do not depend on the order of rows.

  interval: the columns {measure}_count, {measure}_count_low and {measure}_count_high of a group of
  rows of actor_articles, or of rows made of them with the same names; `counts` says how articles
  and stories are counted there. With the parameters of the measure from `vars` in dbt_project.yml,
    below  what is wrong: variance together * sum of doubts
    above  what is missed: mean missed * count + unseen * chances, variance clump times that mean;
           chances are the articles in which all may be missed, the sum of column `chance`
    both   drift * count, a deviation that does not average out over articles
  The bounds lie `reach` deviations away on each side, as whole numbers: a low is never below 0,
  both always hold the count. A count of 0 has a high where one is missed often enough.

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
        + {{ parameters.reach }}::double * sqrt({{ parameters.clump }}::double * {{ missed }} + {{ drift }})
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
        {#- Copies of a story are right or wrong together: it is in doubt as its articles are. -#}
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
    -- More may be right than was found, but not more than there is.
    least({{ count }}_high, {{ total }}) / {{ total }} as {{ share }}_high,
{%- endmacro %}

{#
  A count of `actor_appearances` with its bounds, nought in periods without the actor: what was
  missed there depends on how often it is in the news otherwise, and no period knows that.
#}
{% macro filled_interval(count) -%}
    {% for column in [count, count ~ '_low', count ~ '_high'] -%}
    coalesce(actor_appearances.{{ column }}, 0)::bigint as {{ column }},
    {% endfor %}
{%- endmacro %}
