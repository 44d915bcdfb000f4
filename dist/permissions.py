"""Runs in Odoo's container as root, behind in-container.py: what Odoo may not use of its own files, and makes it usable.

`look` prints it and changes nothing: `data=DIRECTORY`, `user=UID:GID`, then a line `WAS_UID WAS_GID WAS_MODE UID GID MODE
PATH` for each file and folder that is to be changed, its path relative to the directory and percent-encoded, and `end COUNT`.
`act` reads these lines and does it, and prints a sentence; `prove` tries as Odoo; `undo` puts back what they were.
Memory is constant. No link is followed, and each path is walked from folder to folder, so that none can be put in the way.
Exit status 10: not done, and why is on stderr.
"""
# ruff: noqa: F821 # what stands in odoo-process.py and in-container.py

import errno
import os
import stat
import struct
import sys

# What Odoo makes in its data_dir (odoo/tools/config.py, 14 to 19). What else lies there is somebody's own.
OWN = ("filestore", "sessions", "addons")
# Nobody's data_dir, whatever a configuration says.
NEVER = ("/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/mnt", "/opt", "/proc", "/root", "/run", "/sbin", "/srv",
         "/sys", "/tmp", "/usr", "/usr/lib", "/usr/share", "/var", "/var/lib", "/var/tmp")
MOST_TOLD = 5

READ, WRITE, ENTER = 4, 2, 1


def mounts_below(data):
    """The mount that holds the directory, and those below it: by path, whether it is read-only and what is mounted."""
    holder, below = ("/", False, "the container's own"), {}
    for line in read("/proc/self/mountinfo").decode("utf-8", "surrogateescape").splitlines():
        fields = line.split(" ")
        path = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code.group(1), 8)), fields[4])
        rest = fields[fields.index("-") + 1 :]
        closed = "ro" in fields[5].split(",") or "ro" in rest[2].split(",")
        what = "%s, %s of %s" % (rest[0], fields[3], rest[1])
        if data == path or data.startswith(path.rstrip("/") + "/"):
            if len(path) >= len(holder[0]):
                holder = (path, closed, what)
        elif path.startswith(data + "/"):
            below[os.path.relpath(path, data)] = (closed, what)
    return holder, below


def acl_of(path):
    """The access list of a file or folder, by kind: pairs of a number and what it may do."""
    entries = {}
    try:
        raw = os.getxattr(path, "system.posix_acl_access", follow_symlinks=False)
    except OSError:
        return None
    for at in range(4, len(raw) - 7, 8):
        kind, may, number = struct.unpack_from("<HHI", raw, at)
        entries.setdefault(kind, []).append((number, may))
    return entries


def may_use(odoo, seen, wanted, path):
    """Whether the kernel lets Odoo do what is wanted: by owner, group or the rest, and by an access list."""
    mode = stat.S_IMODE(seen.st_mode)
    if seen.st_uid == odoo.uid:
        return mode >> 6 & wanted == wanted
    # Without a right for the group the kernel does not look at the list (fs/namei.c, acl_permission_check).
    acl = acl_of(path) if mode & stat.S_IRWXG else None
    if acl is None:
        return (mode >> 3 if seen.st_gid in odoo.groups else mode) & wanted == wanted
    named_user, group, named_group, mask, others = 2, 4, 8, 16, 32
    most = acl.get(mask, [(0, 7)])[0][1]
    for number, may in acl.get(named_user, []):
        if number == odoo.uid:
            return may & most & wanted == wanted
    of_groups = [(seen.st_gid, may) for _, may in acl.get(group, [])] + acl.get(named_group, [])
    matching = [may for number, may in of_groups if number in odoo.groups]
    if matching:
        return any(may & most & wanted == wanted for may in matching)
    return any(may & wanted == wanted for _, may in acl.get(others, []))


def is_usable(mode):
    """Links, sockets and the like are left as they are."""
    return stat.S_ISDIR(mode) or stat.S_ISREG(mode)


def change_for(odoo, seen, path, below):
    """The owner, group and mode that it is to have; None where it is well as it is, a group that works included."""
    wanted = READ | WRITE | (ENTER if stat.S_ISDIR(seen.st_mode) else 0)
    # Odoo makes the folder of its version 500 itself: only a person is to put addons there.
    if below.startswith("addons/"):
        wanted &= ~WRITE
    if not is_usable(seen.st_mode) or may_use(odoo, seen, wanted, path):
        return None
    mode = stat.S_IMODE(seen.st_mode) | wanted << 6
    return (seen.st_uid, seen.st_gid, mode) if seen.st_uid == odoo.uid else (odoo.uid, odoo.gid, mode)


def open_folder(name, parent=None):
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)


def walk(odoo, folder, path, closed, others):
    """Each file and folder below one that is open, with what is to become of it. Not into mounts that are read-only."""
    folders = []
    with os.scandir(folder) as entries:
        for entry in entries:
            below = os.path.join(path, entry.name)
            if below in closed:
                continue
            try:
                seen = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if path == "" and entry.name not in OWN:
                if seen.st_uid != odoo.uid:
                    others.append(entry.name)
                continue
            # What the file system checker has put there, where a disk is mounted.
            if entry.name == "lost+found" and seen.st_uid == 0:
                continue
            change = change_for(odoo, seen, "/proc/self/fd/%d/%s" % (folder, entry.name), below)
            if change is not None:
                yield below, seen, change
            if stat.S_ISDIR(seen.st_mode):
                folders.append(entry.name)
    for name in folders:
        try:
            inner = open_folder(name, folder)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            error.filename = os.path.join(path, name)
            raise
        try:
            yield from walk(odoo, inner, os.path.join(path, name), closed, others)
        finally:
            os.close(inner)


def printed(seen, change, path):
    numbers = (seen.st_uid, seen.st_gid, stat.S_IMODE(seen.st_mode), *change)
    return "%d %d %o %d %d %o " % numbers + encoded(path)


def needed(database):
    """The folders in which Odoo makes files, relative to its data_dir."""
    return [".", "sessions", "filestore", os.path.join("filestore", database)]


def look(database):
    end_with_host()
    odoo = Odoo()
    if odoo.uid == 0:
        unfit("Odoo runs as root, and may use every file")
    if odoo.data in NEVER:
        unfit("its data_dir is %s, which is not Odoo's alone" % odoo.data)
    try:
        top = open_folder(odoo.data)
    except OSError as error:
        unfit("its data_dir %s cannot be opened: %s" % (odoo.data, error.strerror))
    (mount, mount_closed, what), below = mounts_below(odoo.data)
    closed = {path: what for path, (is_closed, what) in below.items() if is_closed}
    if mount_closed:
        unfit("%s is mounted read-only, at %s (%s)" % (odoo.data, mount, what))
    for path, what in closed.items():
        if any(need == path or need.startswith(path + "/") for need in needed(database)):
            unfit("%s is mounted read-only (%s)" % (os.path.join(odoo.data, path), what))
    print("data=" + encoded(odoo.data))
    print("user=%d:%d" % (odoo.uid, odoo.gid))
    count, others = 0, []
    try:
        seen = os.fstat(top)
        change = change_for(odoo, seen, odoo.data, ".")
        if change is not None:
            print(printed(seen, change, "."))
            count += 1
        for path, seen, change in walk(odoo, top, "", closed, others):
            print(printed(seen, change, path))
            count += 1
    except PermissionError as error:
        unfit("root in the container may not look into %s (%s): an NFS export that squashes root, or a container without "
              "the capabilities of root" % (os.path.join(odoo.data, error.filename or ""), error.strerror))
    if count == 0:
        unfit(why_not(odoo, database) or "there is nothing in %s that Odoo may not use" % odoo.data)
    if others:
        names = ", ".join(sorted(others)[:MOST_TOLD])
        say("left alone, for Odoo does not make it: %s in %s" % (names, odoo.data))
    print("end %d" % count, flush=True)


def why_not(odoo, database):
    """Why Odoo cannot use its folders though nothing in them is wrong; None where it can."""
    pid = os.fork()
    if pid == 0:
        become(odoo.uid, odoo.gid, sorted(odoo.groups))
        os._exit(0 if prove_folders(odoo.data, database) else 1)
    return None if os.waitpid(pid, 0)[1] == 0 else "nothing in %s is out of Odoo's reach by itself (see above)" % odoo.data


class Records:
    """The lines that `look` printed: the directory, then one after the other."""

    def __init__(self):
        self.data = decoded(next_line().partition("=")[2])
        self.user = next_line().partition("=")[2]

    def __iter__(self):
        while True:
            line = next_line()
            if line.startswith("end "):
                return
            *numbers, path = line.split(" ")
            uid, gid, mode, to_uid, to_gid, to_mode = numbers
            was, to = (int(uid), int(gid), int(mode, 8)), (int(to_uid), int(to_gid), int(to_mode, 8))
            yield decoded(path), was, to


class Tree:
    """Opens what lies below a directory, from folder to folder, and never through a link."""

    def __init__(self, data):
        self.top = open_folder(data)
        self.folder, self.opened = "", self.top

    def enter(self, folder):
        if folder == self.folder:
            return self.opened
        inner = os.dup(self.top)
        for name in folder.split("/"):
            outer = inner
            try:
                inner = open_folder(name, outer)
            finally:
                os.close(outer)
        if self.opened != self.top:
            os.close(self.opened)
        self.folder, self.opened = folder, inner
        return inner

    def open(self, path):
        """One that only stands for it: it neither reads nor blocks, whatever it is."""
        if path == ".":
            return os.dup(self.top)
        folder, name = os.path.split(path)
        parent = self.enter(folder) if folder else self.top
        return os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=parent)


def set_rights(file, to, now):
    """@param file opened by Tree"""
    path = "/proc/self/fd/%d" % file
    if to[:2] != now[:2]:
        os.chown(path, to[0], to[1])
    # A change of the owner takes bits from the mode.
    if stat.S_IMODE(os.fstat(file).st_mode) != to[2]:
        os.chmod(path, to[2])


def rights_of(file):
    seen = os.fstat(file)
    return (seen.st_uid, seen.st_gid, stat.S_IMODE(seen.st_mode)), seen.st_mode


def each(records, work):
    """Does it to each that is still there, and is no link by now. @returns how often it did not fit, and was refused"""
    tree = Tree(records.data)
    misfits = refusals = 0
    for path, was, to in records:
        try:
            file = tree.open(path)
            try:
                now, mode = rights_of(file)
                misfits += not is_usable(mode) or not work(file, now, was, to)
            finally:
                os.close(file)
        except (FileNotFoundError, NotADirectoryError):
            misfits += 1
        except OSError as error:
            if error.errno == errno.ELOOP:
                misfits += 1
                continue
            refusals += 1
            if refusals <= MOST_TOLD:
                say("%s: %s%s" % (os.path.join(records.data, path), error.strerror, WHY.get(error.errno, "")))
    return misfits, refusals


WHY = {
    errno.EPERM: ": root may not either, as with an NFS export that squashes root, a file that is marked immutable, or a "
                 "container without the capabilities of root",
    errno.EROFS: ": it is mounted read-only",
}


def act():
    records = Records()
    owners = modes = changed = 0

    def give(file, now, was, to):
        nonlocal owners, modes, changed
        if now != was:
            return False
        set_rights(file, to, now)
        owners += was[:2] != to[:2]
        modes += was[2] != to[2]
        changed += 1
        return True

    misfits, refusals = each(records, give)
    if misfits:
        say("%d were changed or removed by somebody else meanwhile, and left alone" % misfits)
    if changed:
        print("gave Odoo (%s) %d files and folders in %s that it could not use (the owner of %d, the mode of %d)"
              % (records.user, changed, records.data, owners, modes))
    if refusals:
        say("%d could not be given to Odoo" % refusals)
        sys.exit(11)


def undo():
    records = Records()
    back = 0

    def put_back(file, now, was, to):
        nonlocal back
        if now == was:
            return True
        # Between the owner and the mode, when it was killed there.
        if now[:2] not in (was[:2], to[:2]) or now[2] not in (was[2], to[2], was[2] & ~0o6000):
            return False
        set_rights(file, was, now)
        back += 1
        return True

    misfits, refusals = each(records, put_back)
    say("put back the owner and the mode of %d files and folders in %s" % (back, records.data))
    if misfits:
        say("%d are gone or belong to somebody else by now, and were left alone" % misfits)
    if refusals:
        sys.exit(11)


def prove(database):
    """As Odoo: whether it may use what was given to it, and make files where it makes them. Leaves nothing behind."""
    records = Records()
    odoo = Odoo()
    become(odoo.uid, odoo.gid, sorted(odoo.groups))
    failed = 0
    for path, _, to in records:
        full = os.path.join(records.data, path)
        wanted = os.R_OK if path.startswith("addons/") else os.R_OK | os.W_OK
        if not os.access(full, wanted) and os.path.lexists(full):
            failed += 1
            if failed <= MOST_TOLD:
                say("Odoo may still not use %s" % full)
    sys.exit(0 if prove_folders(records.data, database) and failed == 0 else 11)


def prove_folders(data, database):
    """Runs as Odoo. A file without a name, where there is such a thing: it is gone with whoever made it."""
    good = True
    for below in needed(database):
        folder = os.path.normpath(os.path.join(data, below))
        try:
            make_nameless(folder)
        except FileNotFoundError:
            pass
        except OSError as error:
            good = False
            say("Odoo cannot make a file in %s: %s%s" % (folder, error.strerror, above(folder)))
    return good


def make_nameless(folder):
    try:
        os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600))
    except OSError as error:
        # Some file systems have no such thing; an older kernel opens the folder itself, and may not write to that.
        if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR):
            raise
        name = os.path.join(folder, ".odoo-recover-%d" % os.getpid())
        os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        os.unlink(name)


def above(folder):
    """The folder above it that Odoo may not enter, which is not ours to change."""
    while folder != "/":
        folder = os.path.dirname(folder)
        try:
            if not os.access(folder, os.X_OK):
                return " (it may not enter %s)" % folder
        except OSError:
            pass
    return ""


{"look": look, "act": act, "prove": prove, "undo": undo}[sys.argv[1]](*sys.argv[2:])
