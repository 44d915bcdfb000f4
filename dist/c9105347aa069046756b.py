# Runs in `odoo shell`, on stdin: uninstalls one module, if what depends on it is what the approved plan lists.
# In the environment: ODOO_RECOVER_MODULE, and ODOO_RECOVER_DEPENDENTS (names, with white space between them).
# Prints `odoo-recover: begun` once the registry is there; exit status 10 after `odoo-recover: unfit WORDS`.
import os
import sys

print("odoo-recover: begun", flush=True)
name = os.environ["ODOO_RECOVER_MODULE"]
approved = set(os.environ["ODOO_RECOVER_DEPENDENTS"].split())
module = env["ir.module.module"].search([("name", "=", name)])  # noqa: F821
dependents = set(module.downstream_dependencies().mapped("name")) - {name}
if len(module) != 1 or dependents != approved:
    print(
        "odoo-recover: unfit what depends on %s is now %s, and the plan says %s"
        % (name, ", ".join(sorted(dependents)) or "nothing", ", ".join(sorted(approved)) or "nothing"),
        flush=True,
    )
    sys.exit(10)
# It commits by itself, more than once: whether it did what it should is read in the database.
module.button_immediate_uninstall()
print("odoo-recover: ended", flush=True)
