"""Runs inside of Odoo's container, as `python3 -c LOADER`, read-only: how the running Odoo was told to run, and whether
it can use the files that its databases name. DATA holds what in-database.sh printed: lines `bundles=` and `stored=`.

Prints `user=UID:GID`, `option NAME=VALUE` (of the command line), `config=FILE`, `data=DIRECTORY`, then for each database
`filestore=DATABASE<TAB>PATH<TAB>EXISTS<TAB>READABLE<TAB>WRITABLE<TAB>OWNER`, `file=DATABASE<TAB>STORED_AS<TAB>STATE<TAB>BYTES`
for its bundles, and `others=DATABASE<TAB>LOOKED<TAB>MISSING<TAB>UNREADABLE` for the rest.
"""

import configparser
import hashlib
import json
import os
import re
import stat
import time

# Options of Odoo's command line, by their names in odoo.conf (odoo/tools/config.py, 14 to 19). No password.
OPTIONS = {
    "-d": "db_name", "--database": "db_name", "--db_host": "db_host", "--db_port": "db_port", "-r": "db_user",
    "--db_user": "db_user", "--db-filter": "dbfilter", "-D": "data_dir", "--data-dir": "data_dir",
    "--workers": "workers", "--proxy-mode": "proxy_mode", "--no-database-list": "list_db", "-p": "http_port",
    "--http-port": "http_port", "--xmlrpc-port": "http_port", "--http-interface": "http_interface",
    "--load": "server_wide_modules", "-c": "config", "--config": "config", "--no-http": "http_enable",
}
FLAGS = {"--proxy-mode": "True", "--no-database-list": "False", "--no-http": "False"}
# Hashing stops after so many seconds; what is left then is not told.
PATIENCE = 8


def read(path):
    with open(path, "rb") as file:
        return file.read()


def odoo_process():
    """The oldest process that is an Odoo server: its arguments and its credentials."""
    for pid in sorted((int(name) for name in os.listdir("/proc") if name.isdigit())):
        try:
            words = read("/proc/%d/cmdline" % pid).decode("utf-8", "replace").split("\0")[:-1]
            if not any(re.search(r"(^|/)(odoo|odoo-bin|odoo\.py|openerp-server)$", word) for word in words[:3]):
                continue
            status = dict(
                line.split(":\t", 1) for line in read("/proc/%d/status" % pid).decode().splitlines() if ":\t" in line
            )
            groups = [int(group) for group in status.get("Groups", "").split()]
            return words, int(status["Uid"].split()[1]), int(status["Gid"].split()[1]), groups
        except (OSError, KeyError, ValueError):
            continue
    return None


def options_of(words):
    options = {}
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in FLAGS:
            options[OPTIONS[name]] = FLAGS[name]
        elif name in OPTIONS:
            if not equals and at + 1 < len(words):
                value = words[at + 1]
            options[OPTIONS[name]] = value
        elif word[:2] in OPTIONS and len(word) > 2 and not word.startswith("--"):
            options[OPTIONS[word[:2]]] = word[2:]
    return options


def become(uid, gid, groups):
    """Sees with the eyes of the running Odoo: what root can read proves nothing."""
    if os.geteuid() == uid:
        return
    os.setgroups(groups)
    os.setgid(gid)
    os.setuid(uid)


def setting(config, name):
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(config)
        return parser.get("options", name)
    except (configparser.Error, OSError, UnicodeDecodeError):
        return ""


def default_data_directory(uid):
    """As Odoo's _get_default_datadir: below the user's home where there is one."""
    home = os.environ.get("HOME", "")
    try:
        for line in read("/etc/passwd").decode("utf-8", "replace").splitlines():
            fields = line.split(":")
            if len(fields) > 5 and fields[2] == str(uid):
                home = fields[5]
    except OSError:
        pass
    if os.path.isdir(home):
        return os.path.join(os.environ.get("XDG_DATA_HOME") or os.path.join(home, ".local/share"), "Odoo")
    return "/var/lib/odoo"


def state_of(path, stored_as, deadline):
    """@returns good, missing, unreadable or corrupt, and the size; None when there was no time to hash it"""
    try:
        size = os.stat(path).st_size
    except (FileNotFoundError, NotADirectoryError):
        return "missing", ""
    except OSError:
        return "unreadable", ""
    digest = hashlib.sha1()
    try:
        with open(path, "rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
                if time.monotonic() > deadline:
                    return None, size
    except OSError:
        return "unreadable", size
    return ("good" if digest.hexdigest() == os.path.basename(stored_as) else "corrupt"), size


def owner_of(path):
    """The owner of the innermost folder that can be seen, for a path that cannot."""
    while True:
        try:
            seen = os.stat(path)
            return "%d:%d %o" % (seen.st_uid, seen.st_gid, stat.S_IMODE(seen.st_mode))
        except OSError:
            if path in ("/", ""):
                return ""
            path = os.path.dirname(path)


def exists(path):
    """Whether it is there; one behind a folder that may not be entered counts as there, for it is not known gone."""
    try:
        os.stat(path)
        return True
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def files_of(data):
    """By database: pairs of whether it is a bundle, and where the file lies."""
    databases = {}
    for line in data.splitlines():
        kind, _, rest = line.partition("=")
        database, _, value = rest.partition("\t")
        if kind == "bundles":
            names = [bundle.get("storedAs") or "" for bundle in json.loads(value)]
        elif kind == "stored":
            names = [value]
        else:
            continue
        files = databases.setdefault(database, [])
        # What is no such name is no file of Odoo's, and must not lead anywhere else.
        files.extend((kind == "bundles", name) for name in names if re.match(r"^[0-9a-f]{2,3}/[0-9a-f]{40}$", name))
    return databases


def audit(database, files, data, deadline):
    path = os.path.join(data, "filestore", database)
    there = exists(path)
    readable = os.access(path, os.R_OK | os.X_OK)
    # A filestore that is not there yet is made by Odoo, in the folder above.
    folder = path
    while not exists(folder):
        folder = os.path.dirname(folder)
    writable = os.access(folder, os.W_OK | os.X_OK)
    print("filestore=" + "\t".join([database, path, str(there), str(readable), str(writable), owner_of(path)]))
    looked = missing = unreadable = 0
    for is_bundle, stored_as in files:
        file = os.path.join(path, stored_as)
        if is_bundle:
            state, size = state_of(file, stored_as, deadline)
            if state is not None:
                print("file=%s\t%s\t%s\t%s" % (database, stored_as, state, size))
            continue
        looked += 1
        try:
            os.stat(file)
            unreadable += not os.access(file, os.R_OK)
        except (FileNotFoundError, NotADirectoryError):
            missing += 1
        except OSError:
            unreadable += 1
    print("others=%s\t%d\t%d\t%d" % (database, looked, missing, unreadable))


def main(data):
    process = odoo_process()
    if process is None:
        print("error=no Odoo server runs in the container")
        return
    words, uid, gid, groups = process
    options = options_of(words)
    config = options.pop("config", "") or os.environ.get("ODOO_RC", "") or "/etc/odoo/odoo.conf"
    become(uid, gid, groups)
    directory = options.get("data_dir") or setting(config, "data_dir") or default_data_directory(uid)
    # A relative one is meant from where the container starts its programs, this one and Odoo alike.
    directory = os.path.abspath(directory)
    print("user=%d:%d" % (uid, gid))
    for name in sorted(options):
        print("option %s=%s" % (name, options[name].replace("\n", " ")[:300]))
    print("config=" + config)
    print("data=" + directory)
    deadline = time.monotonic() + PATIENCE
    for database, files in files_of(data).items():
        audit(database, files, directory, deadline)


main(DATA)  # noqa: F821, given by the loader
