{#
  Shared by the published table macros.

  warehouse_table: a relation inside a table macro, which must have a parameter `warehouse`.

  DuckDB binds the text of a table macro in the catalog of the session, not in that of the macro
  (unlike views, see relations.sql). After `attach … as w`, `w.main.actor(…)` would look for
  `main.entities` in the session's own database. So each macro takes the alias as its last, optional
  argument and builds the name from it. query_table plans to the same scan as a plain name.
#}
{% macro warehouse_table(model) -%}
    query_table(
        coalesce('"' || replace(warehouse, '"', '""') || '".', '') || '{{ ref(model) }}'
    )
{%- endmacro %}

{# dbt-duckdb persists descriptions of tables and views only, not of macros. #}
{% macro comment_on_table_macro() -%}
    comment on macro table {{ this.include(database=false) }}
    is {{ duckdb_escape_comment(model.description) }}
{%- endmacro %}
