{#
  Shared by the published table macros.

  warehouse_table: a relation inside a table macro, which must have a parameter `warehouse`.

  DuckDB binds the text of a table macro in the catalog of the session, not in that of the macro
  (unlike views, see relations.sql). After `attach … as w`, `w.main.actor(…)` would look for
  `main.entities` in the session's own database. So each macro takes the alias as its last, optional
  argument and builds the name from it. query_table plans to the same scan as a plain name.

  A session in memory has no warehouse of its own, so a call without the alias is answered with what
  to say. There is no function that tells a macro its catalog. `current_query()` has the alias in
  most calls, but in Python's `con.sql(…)` it breaks the connection (1.2 to 2.0.1).

  A CTE must not have the name of the table: up to 1.4.1, and wherever the table is missing, DuckDB
  takes the CTE for the table and reports a "circular reference".
#}
{% macro warehouse_table(model) -%}
    query_table(
        coalesce(
            '"' || replace(warehouse, '"', '""') || '".',
            case
                when current_database() = 'memory'
                    then
                        error(
                            '{{ this.name }}: which warehouse? After ATTACH … AS w, either say'
                            || ' from w.{{ this.name }}(…, warehouse := ''w''), or USE w first'
                        )::varchar
            end,
            ''
        ) || '{{ ref(model) }}'
    )
{%- endmacro %}

{# dbt-duckdb persists descriptions of tables and views only, not of macros. #}
{% macro comment_on_table_macro() -%}
    comment on macro table {{ this.include(database=false) }}
    is {{ duckdb_escape_comment(model.description) }}
{%- endmacro %}
