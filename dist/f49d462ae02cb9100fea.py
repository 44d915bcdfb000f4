"""Runs inside of Odoo's container, as `python3 -c LOADER`: where the code of a module lies. DATA holds its name, and then the
options of the running Odoo, a word a line. Prints the folder; else ends with the reason as its last word, status 1.
"""

import ast
import configparser
import importlib.util
import os
import sys


def option(words, short, long):
    value = ""
    for at, word in enumerate(words):
        if word in (short, long) and at + 1 < len(words):
            value = words[at + 1]
        elif word.startswith(long + "="):
            value = word[len(long) + 1 :]
        elif word.startswith(short) and len(word) > 2 and not word.startswith("--"):
            value = word[2:]
    return value


def folders(words):
    """As Odoo looks for addons: what its options or odoo.conf say, its data directory, and its own."""
    config = option(words, "-c", "--config") or os.environ.get("ODOO_RC", "") or "/etc/odoo/odoo.conf"
    parser = configparser.RawConfigParser(strict=False)
    parser.read(config)
    listed = option(words, "--addons-path", "--addons-path") or parser.get("options", "addons_path", fallback="")
    data = option(words, "-D", "--data-dir") or parser.get("options", "data_dir", fallback="/var/lib/odoo")
    found = [folder.strip() for folder in listed.split(",") if folder.strip()]
    if os.path.isdir(os.path.join(data, "addons")):
        found += [os.path.join(data, "addons", each) for each in sorted(os.listdir(os.path.join(data, "addons")))]
    odoo = importlib.util.find_spec("odoo")
    for package in (odoo and odoo.submodule_search_locations) or []:
        found += [os.path.join(package, "addons"), os.path.join(os.path.dirname(package), "addons")]
    return found


def main(data):
    name, *words = data.splitlines()
    looked = folders(words)
    for folder in looked:
        path = os.path.join(folder, name)
        manifest = os.path.join(path, "__manifest__.py")
        if not os.path.isfile(manifest):
            continue
        try:
            with open(manifest, encoding="utf-8") as file:
                described = ast.literal_eval(file.read())
        except SyntaxError as error:
            sys.exit("its manifest cannot be read: %s:%s: %s" % (manifest, error.lineno, error.msg))
        if not described.get("installable", True):
            sys.exit("its manifest says that it is not installable: %s" % manifest)
        print(path)
        return
    sys.exit("the code of %s is in none of %s" % (name, ", ".join(looked)))


main(DATA)  # noqa: F821, given by the loader
