{#
  Whether a mention is talk of the actor. "I" and "my" in somebody's own quotes are not: nobody
  speaks of the person there (ADR 34). Methods of old rows may be null; those count.
#}
{% macro is_talk_of_actor(method) -%}
    {{ method }} is distinct from 'first_person'
{%- endmacro %}
