"""Runs in Odoo's container, behind in-container.py: files of Odoo's filestore that are not what their name says, which is the
SHA-1 of their content. Those of compiled bundles, and those that no row names, are moved aside: they block what is compiled
anew. A file of users' that is damaged is still the best copy there is: it is told, and left where it is.

`look DATABASE STEP`, with what stored.sql told on stdin, prints where they are to go and changes nothing: `data=DIRECTORY`,
`user=UID:GID,…`, `from=FOLDER`, `to=FOLDER`, then one path in both folders a line, and `end COUNT`. `act` reads that and does
it; `undo` brings back what is still missing. All of it as Odoo, and by rename: each file is at one place or the other.
Exit status 10: not done, and why is on stderr.
"""
# ruff: noqa: F821 # what stands in odoo-process.py and in-container.py

import errno
import hashlib
import os
import re
import stat
import sys
import time

# Files that nothing needs now are read for so long each, in seconds: of users' and of nobody's.
PATIENCE = 60
# A file so young may still be written by somebody whose row is not there yet; in seconds.
TOO_YOUNG = 60
MOST_TOLD = 5
# A store whose files are called by something else is no damaged one (encrypted, compressed by an addon).
LEAST_TO_JUDGE = 10


def is_whole(path):
    """Whether its content is what its name says. @throws OSError"""
    digest = hashlib.sha1()
    with open(path, "rb", opener=without_links) as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest() == os.path.basename(path)


def without_links(path, flags):
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


class Watched:
    """Files of a sort, which are read as long as there is time."""

    def __init__(self):
        self.looked = self.passed = 0
        self.left = PATIENCE
        self.bad = 0
        self.named = []

    def look(self, path, as_stored=True):
        """Whether it is what was stored; one of another size need not be read."""
        if not as_stored:
            self.looked += 1
            return False
        if self.left <= 0:
            self.passed += 1
            return True
        began = time.monotonic()
        whole = is_whole(path)
        self.left -= time.monotonic() - began
        self.looked += 1
        return whole

    def tell(self, name):
        self.bad += 1
        if len(self.named) < MOST_TOLD:
            self.named.append(name)


def rows_by_folder():
    """What stored.sql told, a folder at a time: its name, and by name of the file whether it is a bundle's, and its size."""
    folder, files = None, {}
    while True:
        line = next_line()
        if line.startswith("end "):
            break
        path, bundle, size = line.split("\t")
        # What is no such name is no file of Odoo's, and must not lead anywhere else.
        if not re.match(r"^[0-9a-f]{2,3}/[0-9a-f]{40}$", path):
            continue
        above, name = path.split("/")
        if above != folder and folder is not None:
            yield folder, files
            files = {}
        folder = above
        files[name] = (bundle == "t", int(size) if size.isdigit() else 0)
    if folder is not None:
        yield folder, files


def folders_of(filestore):
    """Each folder of the filestore once, with what the database says of it."""
    told = set()
    for folder, files in rows_by_folder():
        told.add(folder)
        yield folder, files
    with os.scandir(filestore) as entries:
        for entry in entries:
            if re.match(r"^[0-9a-f]{2,3}$", entry.name) and entry.name not in told and entry.is_dir(follow_symlinks=False):
                yield entry.name, {}


def mount_of(folder):
    """By number: a rename does not reach from one to another, be they of one file system."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        told = read("/proc/self/fdinfo/%d" % opened).decode()
        return re.search(r"^mnt_id:\s*(\d+)$", told, re.M).group(1)
    finally:
        os.close(opened)


def corrupt_in(path, files, bundles, users, nobodys, oldest):
    """The names of the files in a folder that are to be moved."""
    try:
        entries = os.scandir(path)
    except FileNotFoundError:
        return
    with entries:
        for entry in entries:
            if not re.match(r"^[0-9a-f]{40}$", entry.name) or not entry.is_file(follow_symlinks=False):
                continue
            name = "%s/%s" % (os.path.basename(path), entry.name)
            is_bundle, size = files.get(entry.name, (None, 0))
            try:
                if is_bundle:
                    bundles.looked += 1
                    if not is_whole(entry.path):
                        bundles.tell(name)
                        yield name
                elif is_bundle is None:
                    if not nobodys.look(entry.path) and entry.stat(follow_symlinks=False).st_mtime < oldest:
                        nobodys.tell(name)
                        yield name
                elif not users.look(entry.path, entry.stat(follow_symlinks=False).st_size == size or size == 0):
                    users.tell(name)
            except FileNotFoundError:
                pass
            except PermissionError:
                say("Odoo may not read %s" % name)


def look(database, step):
    odoo = Odoo()
    become(odoo.uid, odoo.gid, sorted(odoo.groups))
    filestore = os.path.join(odoo.data, "filestore", database)
    if not re.match(r"^[A-Za-z0-9-]+$", step):
        unfit("the step has no name")
    if not os.path.isdir(filestore):
        unfit("there is no filestore %s, or Odoo may not enter it" % filestore)
    above = odoo.data if mount_of(odoo.data) == mount_of(filestore) else filestore
    print("data=" + encoded(odoo.data))
    print("user=%d:%d,%s" % (odoo.uid, odoo.gid, ",".join("%d" % group for group in sorted(odoo.groups))))
    print("from=" + encoded(os.path.relpath(filestore, odoo.data)))
    print("to=" + encoded(os.path.relpath(os.path.join(above, "odoo-recover", step), odoo.data)))
    bundles, users, nobodys = Watched(), Watched(), Watched()
    oldest = time.time() - TOO_YOUNG
    try:
        for folder, files in folders_of(filestore):
            for name in corrupt_in(os.path.join(filestore, folder), files, bundles, users, nobodys, oldest):
                print(name)
    except PermissionError as error:
        unfit("Odoo may not look into %s: %s" % (error.filename, error.strerror))
    count = bundles.bad + nobodys.bad
    if users.bad:
        # Numbers to whoever has no database: no name of a customer's file.
        say("%sleft %d damaged files of users' where they are, for there is no better copy here: %s%s"
            % ("did: " if count else "", users.bad, ", ".join(users.named), " and others" if users.bad > MOST_TOLD else ""))
    for what, watched in (("users'", users), ("nobody's", nobodys)):
        if watched.passed:
            say("of %s files %d were not looked at, for want of time" % (what, watched.passed))
    if users.looked >= LEAST_TO_JUDGE and users.bad * 2 > users.looked:
        unfit("of %d users' files %d are not called by their content: this store may be encrypted, or lost as a whole"
              % (users.looked, users.bad))
    if count == 0:
        unfit("of %d files of compiled bundles in %s each is what was stored" % (bundles.looked, filestore))
    print("end %d" % count, flush=True)


class Records:
    """The lines that `look` printed."""

    def __init__(self):
        self.data, user, self.source, self.target = (next_line().partition("=")[2] for _ in range(4))
        self.data = decoded(self.data)
        self.source = os.path.join(self.data, decoded(self.source))
        self.target = os.path.join(self.data, decoded(self.target))
        self.user, _, groups = user.partition(",")
        uid, gid = self.user.split(":")
        become(int(uid), int(gid), [int(group) for group in groups.split(",")])

    def __iter__(self):
        while True:
            name = next_line()
            if name.startswith("end "):
                return
            yield os.path.join(self.source, name), os.path.join(self.target, name)


def act():
    records = Records()
    moved = 0
    os.umask(0o077)
    try:
        for source, target in records:
            if not os.path.isfile(source) or is_whole(source):
                continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.rename(source, target)
            moved += 1
    except OSError as error:
        say("%s: %s" % (error.filename, error.strerror))
        sys.exit(11)
    finally:
        if moved:
            print("moved %d files that were not what was stored into %s" % (moved, records.target), flush=True)


def undo():
    records = Records()
    back = taken = 0
    for source, target in records:
        try:
            # Fails where there is a file again; a rename would take its place.
            if os.path.lexists(target) and not is_same(source, target):
                os.makedirs(os.path.dirname(source), exist_ok=True)
                os.link(target, source, follow_symlinks=False)
        except FileExistsError:
            taken += 1
            continue
        if os.path.lexists(target):
            os.unlink(target)
            back += 1
        remove_if_empty(os.path.dirname(target))
    remove_if_empty(records.target)
    remove_if_empty(os.path.dirname(records.target))
    say("brought %d files back to %s" % (back, records.source))
    if taken:
        say("%d stay in %s, for there are new files in their place" % (taken, records.target))


def is_same(one, other):
    """Linked already, when it was killed between linking and removing."""
    try:
        return os.path.samestat(os.lstat(one), os.lstat(other))
    except FileNotFoundError:
        return False


def remove_if_empty(folder):
    try:
        os.rmdir(folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
            raise


{"look": look, "act": act, "undo": undo}[sys.argv[1]](*sys.argv[2:])
