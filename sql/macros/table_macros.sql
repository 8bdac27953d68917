{#
  What published table macros have in common.

  warehouse_table: a relation inside one; the table macro must have a parameter `warehouse`.

  DuckDB binds the text of a table macro in the catalog of the session, not in that of the macro
  (views do better, see relations.sql): under `attach … as w`, `w.main.actor(…)` would look for
  `main.entities` in the session's own database. So each macro takes the alias as its last, optional
  argument and builds the name from it; query_table plans to the same scan as a plain name.
#}
{% macro warehouse_table(model) -%}
    query_table(
        coalesce('"' || replace(warehouse, '"', '""') || '".', '') || '{{ ref(model) }}'
    )
{%- endmacro %}

{# dbt-duckdb persists descriptions of tables and views only. #}
{% macro comment_on_table_macro() -%}
    comment on macro table {{ this.include(database=false) }}
    is {{ duckdb_escape_comment(model.description) }}
{%- endmacro %}
