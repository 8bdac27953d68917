{#
  Drop the tables and views of the internal schemas that no model builds any more, so that a renamed
  or removed model doesn't stay in every published file. Drops nothing unless all models were
  selected: after a partial build, views of the previous version may still read these relations.
#}
{% macro drop_former_relations() -%}
    {%- if execute -%}
        {%- set models = graph.nodes.values()
            | selectattr('resource_type', 'equalto', 'model') | list -%}
        {%- set left_out = models | rejectattr('unique_id', 'in', selected_resources) | list -%}
        {%- set built = models | map(attribute='relation_name') | list -%}
        {%- set relations -%}
            select schema_name, table_name, 'table' from duckdb_tables()
            where database_name = current_database() and schema_name in ('staging', 'intermediate')
            union all
            select schema_name, view_name, 'view' from duckdb_views()
            where database_name = current_database() and schema_name in ('staging', 'intermediate')
        {%- endset -%}
        {%- for schema, name, kind in ([] if left_out else run_query(relations).rows) -%}
            {%- if '"' ~ target.database ~ '"."' ~ schema ~ '"."' ~ name ~ '"' not in built %}
    drop {{ kind }} "{{ schema }}"."{{ name }}";
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
