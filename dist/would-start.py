"""Behind odoo-process.py, in Odoo's container: whether a new start of the running Odoo would come up, as far as that can be
told without one. Prints `unfit WORDS` for what would keep it down, and `unseen WORDS` for what could not be looked at.
Arguments: the database's name (may be empty). No password is printed: neither a line of the configuration, nor a value.
"""
# ruff: noqa: F821 # what stands in odoo-process.py

import sys

# As the command line and odoo.conf spell them (odoo/tools/config.py), and as the official image's entrypoint takes them.
CREDENTIALS = {
    "host": ("db_host", ("--db_host",), "HOST"),
    "port": ("db_port", ("--db_port",), "PORT"),
    "user": ("db_user", ("--db_user", "-r"), "USER"),
    "password": ("db_password", ("--db_password", "-w"), "PASSWORD"),
}
# A restart ends Odoo's own connections.
FREED_BY_A_RESTART = re.compile("too many (clients|connections)|remaining connection slots")


def told(words, names):
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else "".join(words[at + 1 : at + 2])
    return ""


def look_at_configuration(config):
    """-> what it sets; Odoo reads it as strictly (configmanager._load_default_options)"""
    if not os.path.exists(config):
        return {}
    parser = configparser.RawConfigParser()
    try:
        with open(config, encoding="utf-8") as file:
            parser.read_file(file)
        return dict(parser.items("options"))
    except configparser.NoSectionError:
        return {}
    except (configparser.Error, UnicodeDecodeError) as error:
        line = getattr(error, "lineno", None) or next((line for line, _text in getattr(error, "errors", [])), None)
        print("unfit %s cannot be parsed (%s%s)" % (config, type(error).__name__, ", line %d" % line if line else ""))
    except OSError as error:
        print("unfit Odoo may not read %s (%s)" % (config, error.strerror))
    return {}


def look_at_database(words, configured, database):
    try:
        import psycopg2
    except ImportError:
        print("unseen whether the database lets Odoo in: there is no psycopg2 for this python3")
        return
    on_command_line = {name: told(words, options) for name, (_, options, _) in CREDENTIALS.items()}
    in_file = {name: configured.get(setting, "") for name, (setting, _, _) in CREDENTIALS.items()}
    in_environment = {name: os.environ.get(variable, "") for name, (_, _, variable) in CREDENTIALS.items()}
    said = ""
    # The official entrypoint puts the file before its environment, and Odoo its command line before the file.
    for order in ((in_file, on_command_line, in_environment), (on_command_line, in_file, in_environment)):
        given = {}
        for name in CREDENTIALS:
            values = [each[name] for each in order if each[name] not in ("", "False", "None")]
            if values:
                given[name] = values[0]
        for dbname in ("postgres", database) if database else ("postgres",):
            try:
                psycopg2.connect(dbname=dbname, connect_timeout=5, **given).close()
                return
            except psycopg2.Error as error:
                said = said or str(error).strip().split("\n")[0]
    if not FREED_BY_A_RESTART.search(said):
        print("unfit Odoo's own credentials get no connection to its database: %s" % said)


def main(database=""):
    process = odoo_process()
    if process is None:
        print("unseen how Odoo runs: no Odoo server was found in its container")
        return
    words, uid, gid, groups = process
    _options, config, data = settings_of(words, uid)
    become(uid, gid, groups)
    if os.path.isdir(data) and not os.access(data, os.W_OK | os.X_OK):
        print("unfit Odoo may not write to its data directory %s" % data)
    look_at_database(words, look_at_configuration(config), database)


main(*sys.argv[1:])
