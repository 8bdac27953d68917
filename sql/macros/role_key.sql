{# The key that titles are counted by: the same for "U.S. Sen." and "US Sen". #}
{% macro role_key(expression) -%}
    trim(
        regexp_replace(replace({{ without_accents(expression) }}, '.', ''), '[\s\-‐‑–]+', ' ', 'g')
    )
{%- endmacro %}
