-- A sample of the files that one Odoo database expects in the filestore beside bundles, a line each: of the oldest and
-- the newest hundred attachments, by their index.
select distinct store_fname
  from ((select store_fname, res_model from ir_attachment where store_fname is not null order by id limit 100)
    union all (select store_fname, res_model from ir_attachment where store_fname is not null order by id desc limit 100)) as ends
  where res_model is distinct from 'ir.ui.view'
