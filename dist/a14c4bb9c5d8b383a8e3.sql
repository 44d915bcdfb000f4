-- Tells Odoo's workers to forget what they remember of pages and bundles, in whichever way this version listens: 14 to 16,
-- 17 and 18, 19. A sequence moves at once, whatever becomes of the transaction.
select format('select nextval(%L)', name)
  from unnest(array['base_cache_signaling', 'base_cache_signaling_assets']) as name
  where to_regclass(name) is not null
union all
select 'insert into orm_signaling_assets default values' where to_regclass('orm_signaling_assets') is not null
\gexec
