{# The interval of each measure contains its count and doesn't go below 0. #}
{% test holds_the_count(model, measures) %}
select *
from {{ model }}
where not coalesce(
    {%- for measure in measures %}
    0 <= {{ measure }}_count_low
    and {{ measure }}_count_low <= {{ measure }}_count
    and {{ measure }}_count <= {{ measure }}_count_high
    {{- ' and' if not loop.last }}
    {%- endfor %},
    false
)
{% endtest %}
