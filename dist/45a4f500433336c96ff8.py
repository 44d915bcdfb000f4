"""Stands in front of each program that runs inside of Odoo's container: as whom the running Odoo runs, how it was told to,
and where it keeps its files.
"""

import configparser
import os
import re

# Options of Odoo's command line, by their names in odoo.conf (odoo/tools/config.py, 14 to 19). No password.
OPTIONS = {
    "-d": "db_name", "--database": "db_name", "--db_host": "db_host", "--db_port": "db_port", "-r": "db_user",
    "--db_user": "db_user", "--db-filter": "dbfilter", "-D": "data_dir", "--data-dir": "data_dir",
    "--workers": "workers", "--proxy-mode": "proxy_mode", "--no-database-list": "list_db", "-p": "http_port",
    "--http-port": "http_port", "--xmlrpc-port": "http_port", "--http-interface": "http_interface",
    "--load": "server_wide_modules", "-c": "config", "--config": "config", "--no-http": "http_enable",
}
FLAGS = {"--proxy-mode": "True", "--no-database-list": "False", "--no-http": "False"}


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


def settings_of(words, uid):
    """@returns the options of its command line, its configuration file, and its data_dir, whatever said so"""
    options = options_of(words)
    config = options.pop("config", "") or os.environ.get("ODOO_RC", "") or "/etc/odoo/odoo.conf"
    directory = options.get("data_dir") or setting(config, "data_dir") or default_data_directory(uid)
    # A relative one is meant from where the container starts its programs, this one and Odoo alike.
    return options, config, os.path.abspath(directory)
