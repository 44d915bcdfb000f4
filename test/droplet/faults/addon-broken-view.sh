#!/bin/bash
# The compose file makes Odoo update the shop's addon before each start, as people write it, and a new view of the
# addon names a field that is not there: the update fails, the container exits, and Docker restarts it for ever.
# expected-cause: odoo-crash-loop
# symptom: proxy=502 direct=refused|reset odoo=restarting|running odoo-restarts=2+ odoo-oom=false db=running drift=none
# odoo-log: ParseError
# within: 90

break_it() {
  local addon=$DIRECTORY/addons/shop_notes command
  mkdir -p "$addon/views"
  cat >"$addon/views/shop_note.xml" <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<odoo>
  <record id="shop_note_form" model="ir.ui.view">
    <field name="name">shop.note.form</field>
    <field name="model">shop.note</field>
    <field name="arch" type="xml"><form><field name="title"/></form></field>
  </record>
</odoo>
XML
  sed -i 's|"data": \[|&"views/shop_note.xml", |' "$addon/__manifest__.py"
  command="/entrypoint.sh odoo -d $DATABASE -u shop_notes --no-http --stop-after-init \&\& exec /entrypoint.sh odoo"
  sed -i "s|^    image: \${ODOO_IMAGE}|&\n    command: [\"bash\", \"-c\", \"$command\"]|" "$DIRECTORY/$COMPOSE_FILE"
  dc up -d "$ODOO_SERVICE"
}

undo_it() {
  restore_project
  dc up -d --no-build --pull never "$ODOO_SERVICE"
}
