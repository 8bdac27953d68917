{#
  A quote joins the longest quote that contains four fifths of its shingles, and follows that quote
  to the one it joins. Connected components would be wrong: one short phrase, said on many
  occasions, would connect all the speeches that contain it.

  This model is the most expensive of all. It reads no days and no links, so that no correction
  changes it.
#}
{{ config(materialized='table') }}
{% set shingle_words = 4 %}
{% set least_words = 6 %}
{# A shingle in more distinct texts than this is a stock phrase and proposes no pairs. #}
{% set most_texts = 50 %}
{% set least_containment = 0.8 %}

with recursive

text_quotes as (

    select * from {{ ref('stg_text_quotes') }}

),

current_versions as (

    select * from {{ ref('int_current_versions') }}

),

-- Indirect speech is the outlet's wording, so there is nothing to compare.
marked as (

    select
        text_quotes.quote_id,
        current_versions.article_id,
        text_quotes.text,
    from text_quotes
    inner join current_versions using (content_sha256)
    where text_quotes.kind <> 'indirect'

),

-- Each text once: among a million articles many are copies.
worded as (

    select
        text,
        string_split(
            trim(
                regexp_replace(
                    regexp_replace({{ without_accents('text') }}, '[''’]', '', 'g'),
                    '[^\p{L}\p{N}]+', ' ', 'g'
                )
            ),
            ' '
        ) as words,
    from (select distinct text from marked) as distinct_texts

),

-- The same words in forty reprints are compared once. The longer text leads, whatever the order of
-- arrival. `qualify` instead of `where`: DuckDB pushes a `where` down to each quote and folds all
-- texts once more (10.1 s instead of 1.5 s).
numbered as (

    select
        text,
        words,
        dense_rank() over (order by length(words), words) as text_id,
    from worded
    qualify length(words) >= {{ least_words }}

),

texts as (

    select
        text_id,
        list_distinct(
            list_transform(
                range(1, length(words) - {{ shingle_words - 2 }}),
                lambda word: hash(words[word : word + {{ shingle_words - 1 }}])
            )
        ) as shingles,
    from (
        select distinct
            text_id,
            words,
        from numbered
    ) as distinct_words

),

shingles as (

    select
        text_id,
        unnest(shingles) as shingle,
    from texts

),

shared_shingles as (

    select * from shingles
    qualify count(*) over (partition by shingle) between 2 and {{ most_texts }}

),

candidates as (

    select distinct
        shorter.text_id,
        longer.text_id as longer_id,
    from shared_shingles as shorter
    inner join shared_shingles as longer
        on shorter.shingle = longer.shingle and shorter.text_id < longer.text_id

),

contained as (

    select
        candidates.text_id,
        max(candidates.longer_id) as longer_id,
    from candidates
    inner join texts as shorter on candidates.text_id = shorter.text_id
    inner join texts as longer on candidates.longer_id = longer.text_id
    where
        length(list_intersect(shorter.shingles, longer.shingles))
        >= {{ least_containment }} * length(shorter.shingles)
    group by candidates.text_id

),

-- Each step leads to a longer text, so the recursion ends.
steps as (

    select
        text_id,
        text_id as leader_id,
    from texts
    union all
    select
        steps.text_id,
        contained.longer_id as leader_id,
    from steps
    inner join contained on steps.leader_id = contained.text_id

),

leaders as (

    select
        text_id,
        max(leader_id) as leader_id,
    from steps
    group by text_id

),

grouped as (

    select
        marked.quote_id,
        marked.article_id,
        leaders.leader_id as fullest_wording_id,
        leaders.leader_id = leaders.text_id as is_fullest,
    from marked
    inner join numbered using (text)
    inner join leaders using (text_id)
    qualify count(*) over (partition by leaders.leader_id) > 1

)

select * from grouped
