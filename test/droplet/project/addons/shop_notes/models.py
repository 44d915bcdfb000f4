"""The shop's own addon: rows that belong to users, which no recovery may touch."""

from odoo import fields, models


class ShopNote(models.Model):
    _name = "shop.note"
    _description = "Shop note"

    name = fields.Char(required=True)
    body = fields.Text()
