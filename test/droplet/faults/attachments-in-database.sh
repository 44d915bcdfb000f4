#!/bin/bash
# The shop keeps its attachments in the database (`ir_attachment.location` is `db`), moved there by Odoo's own
# force_storage, and has no filestore any more: the content of each bundle is in db_datas, and no row names a file.
# The site is well.
# expected-cause: healthy
# symptom: proxy=200 asset=200 direct=200 odoo=running db=running page=login bundles=same

break_it() {
  odoo_shell <<'PYTHON'
env["ir.config_parameter"].set_param("ir_attachment.location", "db")
env["ir.attachment"].force_storage()
# Those that belong to a field (pictures) are passed over by a plain search, and so by force_storage.
for attachment in env["ir.attachment"].search([("store_fname", "!=", False), ("res_field", "!=", False)]):
    attachment.write({"datas": attachment.datas, "mimetype": attachment.mimetype})
env.cr.commit()
PYTHON
  [ "$(sql "$DATABASE" <<<"SELECT count(*) FROM ir_attachment WHERE store_fname IS NOT NULL")" = 0 ]
  rm -rf "$(filestore)"
}

undo_it() {
  restore_database
  restore_filestore
}
