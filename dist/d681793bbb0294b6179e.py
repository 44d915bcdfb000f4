"""Runs inside of Odoo's container, behind odoo-process.py, as `python3 -c LOADER`, read-only: how the running Odoo was told
to run, and whether it can use the files that its databases name. DATA holds what in-database.sh printed: lines `bundles=`
and `stored=`.

Prints `user=UID:GID`, `option NAME=VALUE` (of the command line), `config=FILE`, `data=DIRECTORY`, then for each database
`filestore=DATABASE<TAB>PATH<TAB>EXISTS<TAB>READABLE<TAB>WRITABLE<TAB>OWNER`, `file=DATABASE<TAB>STORED_AS<TAB>STATE<TAB>BYTES`
for its bundles, and `others=DATABASE<TAB>LOOKED<TAB>MISSING<TAB>UNREADABLE` for the rest; and of the file system on which it
lies `disk=DATABASE<TAB>MOUNT<TAB>KIB<TAB>KIB AVAILABLE<TAB>INODES<TAB>INODES FREE<TAB>ro`, or `rw`.
"""
# ruff: noqa: F821 # what stands in odoo-process.py, and DATA, which the loader gives

import hashlib
import json
import os
import re
import stat
import time

# Hashing stops after so many seconds; what is left then is not told.
PATIENCE = 8


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


def disk_of(path):
    """The file system below it, which may be one of its own: where it is mounted, and in KiB what it has."""
    try:
        seen = os.statvfs(path)
        mount = os.path.realpath(path)
        while os.lstat(os.path.dirname(mount)).st_dev == os.lstat(mount).st_dev and mount != "/":
            mount = os.path.dirname(mount)
    except OSError:
        return []
    kib = seen.f_frsize / 1024
    sizes = (seen.f_blocks * kib, seen.f_bavail * kib, seen.f_files, seen.f_favail)
    return [mount] + ["%d" % size for size in sizes] + ["ro" if seen.f_flag & os.ST_RDONLY else "rw"]


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
    print("disk=" + "\t".join([database, *disk_of(folder)]))
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
    become(uid, gid, groups)
    options, config, directory = settings_of(words, uid)
    print("user=%d:%d" % (uid, gid))
    for name in sorted(options):
        print("option %s=%s" % (name, options[name].replace("\n", " ")[:300]))
    print("config=" + config)
    print("data=" + directory)
    deadline = time.monotonic() + PATIENCE
    for database, files in files_of(data).items():
        audit(database, files, directory, deadline)


main(DATA)
