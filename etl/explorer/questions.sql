-- Who is in the news most?
select name, type, count(*) as articles, sum(mention_count) as mentions
from appearances
group by entity_id, name, type
order by articles desc, mentions desc
limit 20;

-- Who is quoted most?
select name, sum(statement_count) as statements, count(*) as articles
from appearances
where type = 'PERSON' and statement_count > 0
group by entity_id, name
order by statements desc, name
limit 20;

-- How much is published, by month?
select date_trunc('month', published_on)::date as month, count(*) as articles
from article_metadata
where published_on is not null
group by month
order by month;

-- Which outlet quotes whom?
select outlet, name, sum(statement_count) as statements, count(*) as articles
from appearances
where type = 'PERSON' and statement_count > 0
group by outlet, entity_id, name
order by statements desc, outlet, name
limit 40;

-- What was said last?
select published_on, outlet, speaker_name, cue, text
from utterances
where act = 'statement' and speaker_name is not null and published_on is not null
order by published_on desc, utterance_id
limit 40;

-- Who is named in headlines?
select name, sum(headline_mention_count) as headlines, count(*) as articles
from appearances
where type in ('PERSON', 'ORG')
group by entity_id, name
having headlines > 0
order by headlines desc, name
limit 20;

-- Which articles have no date or no outlet?
select headline, outlet, published_on, source_path, date_method
from articles
where published_on is null or outlet is null
order by source_path
limit 100;

-- Which words went through several outlets?
select g.outlet_count, g.quote_count, q.text
from quote_groups as g
join quotes as q on q.quote_id = g.fullest_quote_id
where g.outlet_count > 1
order by g.outlet_count desc, g.quote_count desc
limit 20;
