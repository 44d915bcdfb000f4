"""Runs inside of Odoo's container, as `python3 -c LOADER`: the files of compiled bundles, looked at and moved aside.

DATA holds lines `user=UID:GID`, `data=DIRECTORY` (Odoo's data directory), `filestore=DIRECTORY`, `aside=NAME` (a folder
below `odoo-recover` in the data directory, or in the filestore where that is a mount), `do=WHAT` and any number of `file=ab/ab12…`:

- `look`: prints `corrupt FILE` for each whose SHA-1 is not its name, and `unfit WORDS` where Odoo could make no new file;
- `aside`: moves them aside, by rename; prints `moved FILE`;
- `needed`: those of them that are aside and not at their place are put there too; prints `needed FILE`;
- `back`: moves back whatever is aside; prints `back FILE`, or `kept FILE` where a good one is at its place by now and ours is not.

Last line: `end`. Without it, it did not come to its end.
"""

import hashlib
import os
import re
import shutil
import stat
import sys

NAME = re.compile(r"^[0-9a-f]{2,3}/[0-9a-f]{40}$")
# Odoo's bundles are a few MiB together; with less than this it would make rows without files.
LEAST_FREE = 64 << 20


def parse(data):
    values = {}
    files = []
    for line in data.splitlines():
        name, _, value = line.partition("=")
        if name == "file":
            # What is no such name is no file of Odoo's, and must not lead anywhere else.
            if NAME.match(value):
                files.append(value)
        elif name:
            values[name] = value
    return values, files


def become(user):
    """Acts with the rights of the running Odoo: what root makes, Odoo could not use."""
    uid, gid = (int(number) for number in user.split(":"))
    if os.geteuid() == 0 and uid != 0:
        os.setgroups([gid])
        os.setgid(gid)
        os.setuid(uid)


def sha1_of(path):
    digest = hashlib.sha1()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def is_good(path):
    return sha1_of(path) == os.path.basename(path)


def is_file(path):
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def move(source, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.rename(source, target)


def look(filestore, files):
    folder = filestore
    while not os.path.exists(folder):
        folder = os.path.dirname(folder)
    if not os.access(folder, os.W_OK | os.X_OK):
        print("unfit Odoo may not write to %s" % folder)
    space = os.statvfs(folder)
    if space.f_bavail * space.f_frsize < LEAST_FREE or (space.f_files > 0 and space.f_favail < 100):
        print("unfit there is no room for new files in %s" % folder)
    for name in files:
        path = os.path.join(filestore, name)
        if not is_file(path):
            continue
        if not os.access(path, os.R_OK) or not os.access(os.path.dirname(path), os.W_OK | os.X_OK):
            print("unfit Odoo may not use %s" % path)
        elif not is_good(path):
            print("corrupt " + name)


def aside(filestore, away, files):
    for name in files:
        path = os.path.join(filestore, name)
        target = os.path.join(away, name)
        # One that is aside already was moved by an earlier attempt; what was made since stays, if it is another.
        if is_file(path) and not (is_file(target) and sha1_of(target) != sha1_of(path)):
            move(path, target)
            print("moved " + name)


def needed(filestore, away, files):
    for name in files:
        path = os.path.join(filestore, name)
        source = os.path.join(away, name)
        if not os.path.lexists(path) and is_file(source) and sha1_of(source) == os.path.basename(name):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            try:
                os.link(source, path)
            except OSError:
                shutil.copy2(source, path + ".new")
                os.rename(path + ".new", path)
            print("needed " + name)


def back(filestore, away):
    for folder in sorted(os.listdir(away)) if os.path.isdir(away) else []:
        for base in sorted(os.listdir(os.path.join(away, folder))):
            name = folder + "/" + base
            source = os.path.join(away, name)
            path = os.path.join(filestore, name)
            if not NAME.match(name) or not is_file(source):
                continue
            if is_file(path) and is_good(path) and not is_good(source):
                print("kept " + name)
                continue
            move(source, path)
            print("back " + name)
    for folder, _, _ in os.walk(away, topdown=False):
        try:
            os.rmdir(folder)
        except OSError:
            pass


def root_of_aside(data, filestore):
    """Odoo's data directory; the filestore itself where that is a mount of its own, for a rename does not leave one."""
    try:
        return data if os.stat(data).st_dev == os.stat(filestore).st_dev else filestore
    except OSError:
        return data


def main(data):
    values, files = parse(data)
    become(values["user"])
    filestore = values["filestore"]
    if not re.match(r"^[A-Za-z0-9_-]+$", values["aside"]):
        raise SystemExit("no name for a folder: %r" % values["aside"])
    away = os.path.join(root_of_aside(values["data"], filestore), "odoo-recover", values["aside"])
    {
        "look": lambda: look(filestore, files),
        "aside": lambda: aside(filestore, away, files),
        "needed": lambda: needed(filestore, away, files),
        "back": lambda: back(filestore, away),
    }[values["do"]]()
    print("end")
    sys.stdout.flush()


main(DATA)  # noqa: F821, given by the loader
