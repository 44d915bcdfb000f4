"""Keeps a filestore by hard links, inside of Odoo's container, as root: `python3 -c THIS ACTION …`.

link FILESTORE KEPT: a link to every file there is now; safe to repeat, which adds what is new. In KEPT/filestore.partial.
finish FILESTORE KEPT: the same, then counts the files that the database names (on stdin, one a line), and calls the
  snapshot a snapshot. Prints `kept=PATH` and `counted=…`. Fails where a file that is there is not in it.
remove KEPT: takes a snapshot of ours away, and KEPT where nothing else is in it.
"""

import errno
import os
import shutil
import sys

WHY = {
    errno.EXDEV: "it is on another file system",
    errno.EPERM: "the file system has no hard links, or does not let root make them",
    errno.EMLINK: "a file has as many links as it can have",
    errno.ENOSPC: "the file system is full, or has no inodes left",
    errno.EROFS: "the file system is read-only",
}


def link_all(filestore, copy):
    for folder, _, files in os.walk(filestore):
        into = os.path.join(copy, os.path.relpath(folder, filestore))
        os.makedirs(into, 0o700, exist_ok=True)
        for name in files:
            try:
                os.link(os.path.join(folder, name), os.path.join(into, name), follow_symlinks=False)
            except FileExistsError:
                pass
            except FileNotFoundError:
                # Odoo's own garbage collection was faster.
                pass


def sync(path):
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def inside(kept):
    """What may be removed: our own folder, in the one that all of ours are in."""
    return os.path.basename(os.path.dirname(os.path.normpath(kept))) == "odoo-recover"


def remove_halves(kept):
    """What a backup that was cut off by a reboot left: nobody else is at work, for whoever calls us has the lease."""
    ours = os.path.dirname(os.path.normpath(kept))
    for step in os.listdir(ours) if os.path.isdir(ours) else []:
        half = os.path.join(ours, step, "filestore.partial")
        if os.path.join(ours, step) != os.path.normpath(kept) and os.path.isdir(half):
            shutil.rmtree(half, ignore_errors=True)
            try:
                os.rmdir(os.path.join(ours, step))
            except OSError:
                pass


def main(action, *paths):
    if action == "remove":
        (kept,) = paths
        if not inside(kept):
            raise SystemExit("not a folder of ours: %s" % kept)
        for name in ("filestore.partial", "filestore"):
            shutil.rmtree(os.path.join(kept, name), ignore_errors=True)
        for folder in (kept, os.path.dirname(os.path.normpath(kept))):
            try:
                os.rmdir(folder)
            except OSError:
                break
        return
    filestore, kept = paths
    database = os.path.basename(os.path.normpath(filestore))
    partial, whole = os.path.join(kept, "filestore.partial"), os.path.join(kept, "filestore")
    copy = os.path.join(partial, database)
    if not os.path.isdir(filestore):
        raise SystemExit("there is no filestore: %s" % filestore)
    os.umask(0o077)
    if action == "link":
        remove_halves(kept)
    link_all(filestore, copy)
    if action != "finish":
        return
    named = [line.strip() for line in sys.stdin if line.strip()]
    there = [name for name in named if os.path.isfile(os.path.join(filestore, name))]
    lacking = [name for name in there if not os.path.isfile(os.path.join(copy, name))]
    if lacking:
        raise SystemExit("%d of %d files that the database names are not in it, such as %s" % (
            len(lacking), len(there), lacking[0]))
    for folder, _, _ in os.walk(partial):
        sync(folder)
    os.rename(partial, whole)
    sync(kept)
    print("kept=%s" % os.path.join(whole, database))
    gone = len(named) - len(there)
    print("counted=%d files that the database names%s" % (
        len(there), "" if not gone else " (%d more that it names were missing before)" % gone))


try:
    main(*sys.argv[1:])
except OSError as error:
    raise SystemExit("%s: %s" % (error.filename2 or error.filename, WHY.get(error.errno, error.strerror)))
