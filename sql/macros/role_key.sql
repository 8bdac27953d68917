{# A title as compared when counting: "U.S. Sen." and "US Sen", "Vice-President" and "vice president". #}
{% macro role_key(expression) -%}
    trim(
        regexp_replace(replace({{ without_accents(expression) }}, '.', ''), '[\s\-‐‑–]+', ' ', 'g')
    )
{%- endmacro %}
