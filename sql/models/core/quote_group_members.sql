with

wordings as (

    select * from {{ ref('int_quote_wordings') }}

),

articles as (

    select * from {{ ref('article_metadata') }}

),

members as (

    select
        wordings.quote_id,
        first_value(wordings.quote_id) over (
            partition by wordings.fullest_wording_id
            order by articles.published_on nulls last, wordings.quote_id
        ) as quote_group_id,
        wordings.is_fullest,
    from wordings
    inner join articles using (article_id)

)

select * from members
order by quote_group_id, quote_id
