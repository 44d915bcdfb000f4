-- Which files of the saved rows are named by a row after all: what was compiled meanwhile may be the same to the byte.
-- saved.sql and its rows stand in front of this file. Prints `file STORED_AS` for each, then `files COUNT`.
create temporary table named on commit drop as
  select distinct a.store_fname as stored_as from ir_attachment a join saved on a.store_fname = saved.line ->> 'store_fname';
select 'file', stored_as from named order by stored_as;
select 'files', count(*) from named;
