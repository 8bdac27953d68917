{#
  The words of a title, those of Congress written out: "U.S. Sen." has the words of "US Senator".
  etl/linking/reference.py does the same.
#}
{% macro title_words(expression) -%}
    list_transform(
        string_split({{ role_key(expression) }}, ' '),
        lambda word: case
            when word = 'sen' then 'senator'
            when word in ('rep', 'congressman', 'congresswoman') then 'representative'
            else word
        end
    )
{%- endmacro %}
