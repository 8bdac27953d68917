{#
  Low and high of a count: a 90% interval of what is right, from the confidences of what was found.
  docs/adr/0012-intervals.md says why, docs/quality.md how often they hold the gold count.

  doubt: of one measure in one article, `found` * (`found` - sum of their confidences). Where all
  findings of an article are right together or wrong together this is the variance of what is
  right. A decimal, so that sums do not depend on the order of rows.

  interval: the columns {measure}_count, {measure}_count_low and {measure}_count_high of a group of
  rows of actor_articles. What is right has
    mean      the count
    variance  together * sum of doubts + (drift * count)²
  with the two of the measure from `vars` in dbt_project.yml. The bounds are those of a normal on
  the scale of square roots, so a low is never below 0 and a high lies further off than a low; they
  are whole numbers and always hold the count. A count of 0 has no width: nothing says what was
  missed.
#}
{% macro doubt(found, confidences) -%}
    coalesce({{ found }} * ({{ found }} - {{ confidences }}), 0)::decimal(18, 3)
{%- endmacro %}

{% macro interval_bound(measure, side, count, doubt) -%}
    {%- set parameters = var('intervals')[measure] -%}
    {%- set deviation = 'sqrt(' ~ parameters.together ~ '::double * greatest(0, ' ~ doubt
        ~ ') + pow(' ~ parameters.drift ~ '::double * ' ~ count ~ ', 2))' -%}
    {%- set half = '1.645::double * ' ~ deviation ~ ' / (2 * sqrt(' ~ count ~ '))' -%}
    case
        when {{ count }} > 0
            then
            {%- if side == 'low' %}
                least({{ count }}, round(pow(greatest(0, sqrt({{ count }}) - {{ half }}), 2)))
            {%- else %}
                greatest({{ count }}, round(pow(sqrt({{ count }}) + {{ half }}, 2)))
            {%- endif %}
        else 0
    end::bigint
{%- endmacro %}

{% macro interval(measure) -%}
    {%- set count = 'count(*) filter (mention_count > 0)' if measure == 'article'
        else 'sum(' ~ measure ~ '_count)::bigint' -%}
    {%- set doubt = 'sum(' ~ measure ~ '_doubt)' -%}
    {{ count }} as {{ measure }}_count,
    {% for side in ['low', 'high'] -%}
    {{ interval_bound(measure, side, count, doubt) }} as {{ measure }}_count_{{ side }},
    {% endfor %}
{%- endmacro %}
