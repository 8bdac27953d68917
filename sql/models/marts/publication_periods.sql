with

articles as (

    select * from {{ ref('article_metadata') }}

),

-- A story that runs past midnight is one story of the week, so days can't be summed.
periods as (

    {% for grain in ['day', 'week', 'month'] %}
    select
        '{{ grain }}' as grain,
        date_trunc('{{ grain }}', published_on)::date as period_start,
        count(*) as article_count,
        count(distinct story_id) as story_count,
        count(distinct outlet) as outlet_count,
    from articles
    where published_on is not null
    group by all
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from periods
order by grain, period_start
