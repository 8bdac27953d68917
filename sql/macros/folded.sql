{# A name as compared in a search: case, diacritics and the kind of apostrophe do not matter. #}
{% macro folded(expression) -%}
    replace(strip_accents(lower({{ expression }})), '’', '''')
{%- endmacro %}
