{# Fold a name for comparison: ignore case, diacritics and the kind of apostrophe. #}
{% macro folded(expression) -%}
    replace(strip_accents(lower({{ expression }})), '’', '''')
{%- endmacro %}
