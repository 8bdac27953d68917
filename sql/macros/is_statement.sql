{#
  Whether an act is a statement: what somebody says, not what they think or want. Rows extracted
  before acts existed have none and count as statements, as they did then.
#}
{% macro is_statement(act) -%}
    coalesce({{ act }}, 'statement') = 'statement'
{%- endmacro %}
