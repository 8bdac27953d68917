{{ config(meta={'articles': {'article_id': {'int_current_versions': 'article_id'}}}) }}
-- Every actor of a current version is linked to an entity. Unlinked mentions would not be counted.
with

text_actors as (

    select * from {{ ref('stg_text_actors') }}

),

current_versions as (

    select * from {{ ref('int_current_versions') }}

),

actor_links as (

    select * from {{ ref('stg_actor_links') }}

)

select text_actors.text_actor_id
from text_actors
semi join current_versions using (content_sha256)
anti join actor_links using (text_actor_id)
