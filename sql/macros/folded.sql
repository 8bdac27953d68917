{# Made by `python -m etl.schema.docs` from etl/schema/name_folding.py: change that and run it. #}

{# An actor's name as look-ups compare it. #}
{% macro folded(expression) -%}
    trim(regexp_replace(regexp_replace(
        case
            when strlen({{ expression }}) = length({{ expression }}) then lower({{ expression }})
            else lower(strip_accents({{ expression }}))
                .translate('łøđðħŧıς', 'loddhtiσ').replace('ß', 'ss')
                .replace('æ', 'ae').replace('œ', 'oe').replace('þ', 'th').replace('ĳ', 'ij')
                .replace('ﬀ', 'ff').replace('ﬁ', 'fi').replace('ﬂ', 'fl').replace('ﬃ', 'ffi').replace('ﬄ', 'ffl')
        end,
        '[.,''’‘ʼʻ`´"“”„]+', '', 'g'
    ), '[\s\p{Z}\p{Pd}_/]+', ' ', 'g'))
{%- endmacro %}

{# An outlet's name as look-ups compare it. #}
{% macro folded_outlet(expression) -%}
    lower(trim(regexp_replace({{ expression }}, '\s+', ' ', 'g')))
{%- endmacro %}
