{#
  The count model of int_spikes. docs/adr/0010-spikes.md explains it, bench/spikes.py measures it.

  negative_binomial_log_mass: ln P(X = count) of the negative binomial distribution with this mean
  and size. Its variance is mean + mean² / size.

  surprise: -log10 P(X >= count), for counts above the mean. Null if it is below `least`, which the
  first term alone usually shows. The tail is summed upwards from its largest term, so it neither
  cancels nor underflows. What lies beyond 200 terms is bounded by the geometric series that starts
  there.

  spike_pass: compares each period with its baseline: the `width` periods before it, less those
  that `observed` marks as is_left_out. Reads the CTEs `calendar` and `observed`, which has one row
  per period with an appearance. Periods without one enter through the sums of the calendar, so
  zeros cost nothing.
#}
{% macro negative_binomial_log_mass(count, mean, size) -%}
    (
        lgamma({{ count }} + {{ size }}) - lgamma({{ size }}) - lgamma({{ count }} + 1)
        + {{ size }} * ln({{ size }} / ({{ size }} + {{ mean }}))
        + ({{ count }}) * ln({{ mean }} / ({{ size }} + {{ mean }}))
    )
{%- endmacro %}

{% macro surprise(count, mean, size, least) -%}
    {%- set mass = negative_binomial_log_mass(count, mean, size) -%}
    {%- set last = negative_binomial_log_mass(count ~ ' + 200', mean, size) -%}
    {%- set ratio = '(' ~ mean ~ ' / (' ~ size ~ ' + ' ~ mean ~ ') * greatest(1, ('
        ~ count ~ ' + 200 + ' ~ size ~ ') / (' ~ count ~ ' + 201)))' -%}
    case
        when {{ mass }} <= -{{ least }} * ln(10)
            then
                -(
                    {{ mass }}
                    + ln(
                        list_sum(
                            list_transform(
                                range(0, 200),
                                lambda more: exp(
                                    {{ negative_binomial_log_mass(count ~ ' + more', mean, size) }}
                                    - {{ mass }}
                                )
                            )
                        )
                        + exp({{ last }} - {{ mass }}) / (1 - {{ ratio }})
                    )
                ) / ln(10)
    end
{%- endmacro %}

{% macro spike_pass(observed) -%}
select
    entity_id,
    grain,
    period_start,
    position,
    width,
    story_count,
    story_total,
    is_ready,
    baseline_story_count,
    mean,
    1 / (
        -- Three terms: how much more the baseline varies than a Poisson count, shrunk towards 0.2
        -- while it has few stories; how much a rate drifts within weeks, which the first term
        -- misses; and the uncertainty of the rate itself.
        greatest(0.02, (excess + 4 * 0.2) / (squared_means + 4))
        + 0.06
        + 1 / (baseline_story_count + 0.5)
    ) as size,
from (
    select
        *,
        rate * story_total as mean,
        greatest(
            0,
            sum_of_squares - 2 * rate * sum_of_products + rate * rate * usable_squares
            - rate * usable_total
        ) as excess,
        rate * rate * usable_squares as squared_means,
    from (
        select
            *,
            -- The mean of a gamma distribution: Jeffreys' prior, then the stories of the baseline.
            (baseline_story_count + 0.5) / usable_total as rate,
        from (
            select
                observed.*,
                calendar.story_total,
                calendar.is_ready,
                coalesce(sum(story_count) filter (not is_left_out) over baseline, 0)
                    as baseline_story_count,
                coalesce(sum(story_count * story_count) filter (not is_left_out) over baseline, 0)
                    as sum_of_squares,
                coalesce(sum(story_count * story_total) filter (not is_left_out) over baseline, 0)
                    as sum_of_products,
                calendar.baseline_total
                - coalesce(sum(story_total) filter (is_left_out) over baseline, 0)
                    as usable_total,
                calendar.baseline_squares
                - coalesce(sum(story_total * story_total) filter (is_left_out) over baseline, 0)
                    as usable_squares,
            from {{ observed }} as observed
            inner join calendar using (grain, period_start)
            window baseline as (
                partition by observed.entity_id, observed.grain
                order by observed.position
                range between observed.width preceding and 1 preceding
            )
        )
    )
)
{%- endmacro %}
