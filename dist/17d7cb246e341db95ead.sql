-- Which files of the saved rows no row names any more, users' attachments included: one file may serve several rows.
-- saved.sql and its rows stand in front of this file. Prints `file STORED_AS` for each, then `files COUNT`.
create temporary table unnamed on commit drop as
  select distinct line ->> 'store_fname' as stored_as from saved
    where line ->> 'store_fname' is not null
      and not exists (select from ir_attachment a where a.store_fname = saved.line ->> 'store_fname');
select 'file', stored_as from unnamed order by stored_as;
select 'files', count(*) from unnamed;
