# What users put into a shop and no remedy may touch: rows and files that look like compiled bundles and are none, each
# missed by Odoo's own condition for bundles in one clause alone, and ordinary ones. Names of bundles that a page asks for
# are not used: Odoo 14 itself deletes whatever has such a bundle's URL when it compiles that anew (`clean_attachments`).
# shellcheck shell=bash disable=SC2016 # what looks like a variable is SCSS
store=$(filestore)
rows=$(mktemp)
owned() { chown --reference="$store" "$@"; }
keep() { # folder in the filestore, name, content
  mkdir -p "$store/$1"
  owned "$store/$1"
  printf %s "$3" >"$store/$1/$2"
  owned "$store/$1/$2"
}
row() { # name type url public res_model res_id create_uid mimetype stored bytes checksum
  (IFS=$'\t'; printf '%s\n' "$*") >>"$rows"
}
treasure() { # name type url public res_model res_id create_uid mimetype content
  local sum
  sum=$(printf %s "$9" | sha1sum | cut -c 1-40)
  keep "${sum:0:2}" "$sum" "$9"
  row "${@:1:8}" "${sum:0:2}/$sum" "${#9}" "$sum"
}
no='\N'
# Themes: as the website's editor saves them, and as a module's installation does (create_uid 1).
treasure user_values.custom.web.assets_common.scss binary /website/static/src/scss/options/user_values.custom.web.assets_common.scss f "$no" 0 2 text/scss '$o-website-values-palettes: ("color-palettes-name": "mine");'
treasure user_values.custom.web.assets_frontend.scss binary /website/static/src/scss/options/user_values.custom.web.assets_frontend.scss t ir.ui.view 0 1 text/scss '$o-theme: ("font": "Sofia");'
treasure colors.scss binary /_custom/web.assets_frontend/website/static/src/scss/colors.scss t ir.ui.view 0 1 text/scss '.mine { color: #123456; }'
treasure theme.custom.js binary /_custom/web.assets_frontend/website/static/src/js/theme.js t ir.ui.view 0 1 application/javascript 'var mine = 1;'
treasure res.company.scss binary /web/static/src/legacy/scss/asset_styles_company_report.scss t ir.ui.view 0 1 text/scss '.o_company_4711_layout { color: #654321; }'
treasure res.company.scss binary web/static/src/legacy/scss/asset_styles_company_report.scss f "$no" 0 1 text/scss '.o_company_4712_layout { color: #654322; }'
# Images from the media dialog, and files that people call what they like.
treasure logo.png binary "$no" t ir.ui.view 0 2 image/png 'PNG of the logo'
treasure header.png binary /web/image/4711-a1b2c3d/header.png t ir.ui.view 0 2 image/png 'PNG of the header'
treasure web.assets_backend.png binary /web/image/4712-a1b2c3d/web.assets_backend.png t ir.ui.view 0 1 image/png 'PNG called like a bundle'
treasure /web/x.png binary "$no" t ir.ui.view 0 2 image/png 'PNG called like a path'
treasure my.assets_bundle.js binary "$no" t ir.ui.view 0 2 application/javascript 'alert("mine")'
treasure mine.css binary /web/content/4713-a1b2c3d/mine.css t ir.ui.view 0 2 text/css '.mine { color: red }'
treasure mine.min.css binary /web/assets/4714-a1b2c3d/mine.min.css t ir.ui.view 0 2 text/css '.mine { color: blue }'
# Bundles but for one clause: the type, public, the model, the record, the form of the URL, the ending of the name.
row linked.css url /web/content/4715-a1b2c3d/linked.css t ir.ui.view 0 1 text/css "$no" 0 "$no"
treasure private.css binary /web/content/4716-a1b2c3d/private.css f ir.ui.view 0 1 text/css '.private {}'
treasure partner.css binary /web/content/4717-a1b2c3d/partner.css t res.partner 0 1 text/css '.partner {}'
treasure view.css binary /web/content/4718-a1b2c3d/view.css t ir.ui.view 5 1 text/css '.view {}'
treasure plain.css binary /web/content/4719/plain.css t ir.ui.view 0 1 text/css '.plain {}'
treasure sheet.pdf binary /web/content/4720-a1b2c3d/sheet.pdf t ir.ui.view 0 1 application/pdf '%PDF a sheet'
# Fonts as the website keeps them.
treasure 'fonts.gstatic.com/s/sofia/v14/8QIHdirahM3j_su5uI0.woff2 (google-font)' binary "$no" t "$no" 0 2 font/woff2 'wOF2 of Sofia'
treasure 'Sofia (google-font)' binary /web/content/4721/google-font-Sofia.css t ir.ui.view 0 1 text/css '@font-face { font-family: Sofia }'
# Ordinary ones: a document, one without content, one in the older kind of folder, and one that a disk has damaged,
# whose broken content is the best copy there is.
treasure contract.pdf binary "$no" f res.partner 1 2 application/pdf "%PDF $(seq -s ' ' 20000)"
treasure empty.txt binary "$no" f res.partner 1 2 text/plain ''
old=$(printf %s 'a note of long ago' | sha1sum | cut -c 1-40)
keep "${old:0:3}" "$old" 'a note of long ago'
row note.txt binary "$no" f res.partner 1 2 text/plain "${old:0:3}/$old" 18 "$old"
hurt=$(printf %s 'a letter, whole' | sha1sum | cut -c 1-40)
keep "${hurt:0:2}" "$hurt" 'a letter, half'
row letter.txt binary "$no" f res.partner 1 2 text/plain "${hurt:0:2}/$hurt" 15 "$hurt"

sql "$DATABASE" -c "copy ir_attachment (name, type, url, public, res_model, res_id, create_uid, mimetype, store_fname, file_size, checksum) from stdin" <"$rows"
rm "$rows"
sql "$DATABASE" <<'SQL'
update ir_attachment set create_date = now(), write_date = now(), write_uid = create_uid where create_date is null;
insert into res_partner (name, display_name, active, type, email, create_uid, write_uid, create_date, write_date)
values ('Treasure & Söhne', 'Treasure & Söhne', true, 'contact', 'hello@treasure.invalid', 2, 2, now(), now());
SQL
