"""Stands between odoo-process.py and a remedy's own program for Odoo's files, which runs in Odoo's container as root."""
# ruff: noqa: F821 # what stands in odoo-process.py

import os
import sys
import threading
import urllib.parse


def say(words):
    print(words, file=sys.stderr, flush=True)


def unfit(words):
    say("not done: " + words)
    sys.exit(10)


def end_with_host():
    """Whoever started this holds stdin open, and says no more: when that ends, this is alone, and ends as well."""

    def watch():
        while os.read(0, 65536):
            pass
        os._exit(3)

    threading.Thread(target=watch, daemon=True).start()


class Odoo:
    """As whom it runs, and where it keeps its files."""

    def __init__(self):
        process = odoo_process()
        if process is None:
            unfit("no Odoo server runs in the container, so as whom it runs is not known")
        words, self.uid, self.gid, groups = process
        self.groups = {self.gid, *groups}
        self.data = os.path.realpath(settings_of(words, self.uid)[2])


def next_line():
    """The next line of stdin. Never one behind the last: there it stays open and silent."""
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        say("the list of what is to be done ended too early")
        sys.exit(3)
    return line[:-1].decode()


def encoded(path):
    return urllib.parse.quote_from_bytes(os.fsencode(path))


def decoded(text):
    return os.fsdecode(urllib.parse.unquote_to_bytes(text))
