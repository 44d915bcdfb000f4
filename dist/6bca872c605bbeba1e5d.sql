-- The compiled bundles of one Odoo database, newest first, as one JSON array. By the condition of Odoo's own
-- `regenerate_assets_bundles` (15 to 19), and by what stands for it in 14: users' files and themes are no bundles.
select coalesce(json_agg(json_build_object('id', id, 'name', name, 'url', url, 'storedAs', store_fname,
    'bytes', file_size, 'at', extract(epoch from write_date at time zone 'UTC')::bigint) order by id desc), '[]'::json)
  from (select id, name, url, store_fname, file_size, write_date from ir_attachment
    where type = 'binary' and public and res_model = 'ir.ui.view' and res_id = 0 and create_uid = 1
      and (url like '/web/assets/%' or (url ~ '^/web/content/[0-9]+-[0-9a-f]{7}/' and name ~ '\.(css|js)$'))
    order by id desc limit 60) as bundle
