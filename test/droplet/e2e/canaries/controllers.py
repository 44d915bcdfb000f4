"""What an addon of a shop does wrong: it logs what it should not, and fails over its customers' data."""

import json
import logging
import os

from odoo import http
from odoo.exceptions import UserError
from odoo.tools import config

_logger = logging.getLogger(__name__)

with open(os.path.join(os.path.dirname(__file__), "canaries.json")) as file:
    GIVEN = json.load(file)


class CarrierError(Exception):
    pass


def same_login(cr):
    for _ in range(2):
        cr.execute(
            "INSERT INTO res_users (login, company_id, partner_id, signature)"
            " SELECT %s, company_id, partner_id, %s FROM res_users WHERE login = 'admin'",
            (GIVEN["email"], GIVEN["signature"]),
        )


def no_such_column(cr):
    cr.execute(
        "UPDATE res_partner SET naem = %s WHERE phone = %s OR comment = %s",
        (GIVEN["name"], GIVEN["phone"], GIVEN["comment"]),
    )


def number(cr):
    return int(GIVEN["phone"] + " " + GIVEN["name"])


def missing(cr):
    return {}[GIVEN["email"]]


def said(cr):
    raise UserError("%s (%s)\nlives at %s" % (GIVEN["name"], GIVEN["email"], GIVEN["street"]))


def chained(cr):
    try:
        number(cr)
    except ValueError as error:
        raise CarrierError("no parcel for %s\n  %s" % (GIVEN["name"], GIVEN["street"])) from error


def logs(cr):
    _logger.info("options %s", config.options)
    _logger.warning("the carrier refused us, we said %s", config.options["shop_carrier_secret"])
    _logger.warning("the mail server refused us, we said %s", os.environ["MAIL_RELAY_PASSWORD"])
    _logger.warning("the master said %s", config.options["master"])
    _logger.warning("environment %s", dict(os.environ))
    _logger.info("answer of the bank: %s", json.dumps(GIVEN["bank"]))
    _logger.info("key of the bank:\n%s", GIVEN["pem"])
    _logger.info("mail for %s is on its way", GIVEN["email"])
    for line in GIVEN["lines"]:
        _logger.info("%s", line)


def login(cr):
    http.request.session.authenticate(cr.dbname, GIVEN["email"], GIVEN["password"])


DEEDS = {
    deed.__name__: deed
    for deed in (same_login, no_such_column, number, missing, said, chained, logs, login)
}


class Shop(http.Controller):
    @http.route("/shop/<deed>", type="http", auth="public")
    def do(self, deed, **_):
        DEEDS[deed](http.request.env.cr)
        return "done"
