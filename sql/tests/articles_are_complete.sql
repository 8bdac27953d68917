-- Every loaded article has exactly one current version.
with

versions as (

    select distinct article_id from {{ ref('stg_article_versions') }}

),

articles as (

    select article_id from {{ ref('articles') }}

)

select
    article_id,
    'no current version' as problem,
from versions
anti join articles using (article_id)
union all
select
    article_id,
    'more than one current version' as problem,
from articles
group by article_id
having count(*) > 1
