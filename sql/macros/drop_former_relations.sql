{#
  Drop the tables and views of the internal schemas that no model makes any longer, so that a model
  that was renamed or removed does not stay in every published file. Runs after a build of the
  whole project only: after any other, views of the former version may still read them.
#}
{% macro drop_former_relations() -%}
    {%- if execute -%}
        {%- set models = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | list -%}
        {%- set left_out = models | rejectattr('unique_id', 'in', selected_resources) | list -%}
        {%- set made = models | map(attribute='relation_name') | list -%}
        {%- set relations -%}
            select schema_name, table_name, 'table' from duckdb_tables()
            where database_name = current_database() and schema_name in ('staging', 'intermediate')
            union all
            select schema_name, view_name, 'view' from duckdb_views()
            where database_name = current_database() and schema_name in ('staging', 'intermediate')
        {%- endset -%}
        {%- for schema, name, kind in ([] if left_out else run_query(relations).rows) -%}
            {%- if '"' ~ target.database ~ '"."' ~ schema ~ '"."' ~ name ~ '"' not in made %}
    drop {{ kind }} "{{ schema }}"."{{ name }}";
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
