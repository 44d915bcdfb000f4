-- The files of the compiled bundles. begin.sql and bundles.sql stand in front of this file.
-- Prints `file STORED_AS` for each, `shared STORED_AS` for those that another row names as well, then `files COUNT`.
select distinct 'file', store_fname from bundle where store_fname is not null;
select distinct 'shared', b.store_fname from bundle b join ir_attachment a using (store_fname)
  where not exists (select from bundle other where other.id = a.id) or exists (select from held where held.id = a.id);
select 'files', count(distinct store_fname) from bundle;
