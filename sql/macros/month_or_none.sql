{#
  The first day of the month; 0001-01-01 for undated articles. The incremental refresh knows them by
  that day (UNDATED in etl/warehouse/incremental/change_set.py).
#}
{% macro month_or_none(day) -%}
    coalesce(date_trunc('month', {{ day }})::date, date '0001-01-01')
{%- endmacro %}
