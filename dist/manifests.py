"""Names the addons whose manifest cannot be read: Odoo 14's own error does not say which one it was.

Runs inside of Odoo's container, on stdin of python3. Prints a line `manifest <path>:<line>: <what is wrong>` for each.
"""

import ast
import configparser
import glob
import os

parser = configparser.RawConfigParser()
parser.read(os.environ.get("ODOO_RC", "/etc/odoo/odoo.conf"))
folders = parser.get("options", "addons_path", fallback="/mnt/extra-addons").split(",")
for folder in folders:
    for path in sorted(glob.glob(os.path.join(folder.strip(), "*", "__manifest__.py"))):
        try:
            with open(path, encoding="utf-8") as manifest:
                if not isinstance(ast.literal_eval(manifest.read()), dict):
                    print("manifest %s:1: it holds no dictionary" % path)
        except SyntaxError as error:
            print("manifest %s:%s: %s" % (path, error.lineno or 1, error.msg))
        except Exception as error:
            print("manifest %s:1: %s" % (path, str(error).split("\n")[0]))
