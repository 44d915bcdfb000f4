-- Every file that the attachments of one Odoo database name, a line each, in the order of its path: `PATH<TAB>BUNDLE<TAB>BYTES`.
-- BUNDLE is t where compiled bundles alone name it, by the condition of src/survey/bundles.sql.
copy (
  select store_fname, bool_and(coalesce(
      type = 'binary' and public and res_model = 'ir.ui.view' and res_id = 0 and create_uid = 1
      and (url like '/web/assets/%' or (url ~ '^/web/content/[0-9]+-[0-9a-f]{7}/' and name ~ '\.(css|js)$'))
    , false)), max(file_size)
  from ir_attachment where store_fname is not null
  group by store_fname order by store_fname collate "C"
) to stdout
