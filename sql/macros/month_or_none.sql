{#
  The first day of the month; 0001-01-01 for no day, where undated articles are counted too. Filling
  by months knows them by that day (etl/store/concerned.py).
#}
{% macro month_or_none(day) -%}
    coalesce(date_trunc('month', {{ day }})::date, date '0001-01-01')
{%- endmacro %}
