{#
  Text in lower case, without diacritics and with one kind of apostrophe. Titles and quotations are
  compared by it; names are compared by `folded`, which ignores more.
#}
{% macro without_accents(expression) -%}
    replace(strip_accents(lower({{ expression }})), '’', '''')
{%- endmacro %}
