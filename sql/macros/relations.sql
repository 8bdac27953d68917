{#
  Schema and name of relations in SQL.

  The published file is opened as `news`, or attached under any alias. DuckDB 1.5.5 stores the text
  of a view and binds it in the view's own catalog. After `attach … as w`, a view's
  `select … from main.articles` finds `w.main.articles`, even if the session has a `main.articles`
  of its own, whereas `news.main.articles` fails under any other alias. So no catalog name, ever.
  Table macros differ: their text is bound in the catalog of the *session* (see table_macros.sql).
#}

{% macro ref() %}
    {%- do return(builtins.ref(*varargs, **kwargs).include(database=false)) -%}
{% endmacro %}

{% macro source() %}
    {%- do return(builtins.source(*varargs).include(database=false)) -%}
{% endmacro %}

{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
