{# The interval of a measure holds its count and goes no lower than 0. #}
{% test holds_the_count(model, measure) %}
select *
from {{ model }}
where not coalesce(
    0 <= {{ measure }}_count_low
    and {{ measure }}_count_low <= {{ measure }}_count
    and {{ measure }}_count <= {{ measure }}_count_high,
    false
)
{% endtest %}
