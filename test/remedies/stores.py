# Behind quarantine.py, in place of its last line: filestores of any state. What is moved is what should be, wherever it breaks
# off nothing is lost, and taking it back gives the store as it was.
import contextlib  # noqa: E402
import io  # noqa: E402
import random  # noqa: E402
import shutil  # noqa: E402
import tempfile  # noqa: E402

STORES = 150
chance = random.Random(7)


def tree(folder):
    found = {}
    for path, _, files in os.walk(folder):
        for name in files:
            file = os.path.join(path, name)
            with open(file, "rb") as opened:
                found[os.path.relpath(file, folder)] = (opened.read(), os.stat(file).st_mtime_ns)
    return found


def run(work, lines, *arguments):
    """@returns its exit status, and what it printed"""
    global next_line, become
    told = iter(lines)

    def next_line():
        line = next(told, None)
        return sys.exit(3) if line is None else line

    become = lambda *_: None  # noqa: E731
    output, status = io.StringIO(), 0
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()) as words:
        try:
            work(*arguments)
        except SystemExit as end:
            status = end.code
    return status, output.getvalue().splitlines(), words.getvalue()


def some_store(data):
    """A filestore with files of every sort; what is to be moved, and what the database says of them."""
    wanted, rows, good_users, bad_users = set(), [], 0, 0
    badness = chance.choice((0.1, 0.3, 0.7))
    for number in range(chance.randrange(1, 40)):
        content = b"content %d %d" % (number, chance.randrange(1 << 30))
        name = hashlib.sha1(content).hexdigest()
        path = os.path.join(name[: chance.choice((2, 2, 2, 3))], name)
        whose = chance.choice(("bundle", "bundle", "user", "user", "user", "nobody"))
        is_bad, is_young, is_there = chance.random() < badness, chance.random() < 0.2, chance.random() < 0.9
        if whose != "nobody":
            rows.append("%s\t%s\t%d" % (path, "t" if whose == "bundle" else "f", len(content)))
        if not is_there:
            continue
        file = os.path.join(data, "filestore", "shop", path)
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "wb") as opened:
            opened.write(chance.choice((b"", content[:4], b"x" * len(content))) if is_bad else content)
        os.utime(file, None if is_young else (1, 1))
        if is_bad and (whose == "bundle" or (whose == "nobody" and not is_young)):
            wanted.add(path)
        good_users += whose == "user" and not is_bad
        bad_users += whose == "user" and is_bad
    # Names that are none, and what lies beside.
    rows += ["../../etc/passwd\tt\t7", "zz/rubbish\tt\t7"]
    os.makedirs(os.path.join(data, "filestore", "shop", "checklist", "ab"), exist_ok=True)
    return wanted, sorted(rows) + ["end %d" % len(rows)], (good_users, bad_users)


moved_in_all = lost_stores = broken_off = 0
for _ in range(STORES):
    data = tempfile.mkdtemp()
    try:
        os.makedirs(os.path.join(data, "filestore", "shop"))
        Odoo.__init__ = lambda self, data=data: self.__dict__.update(uid=0, gid=0, groups={0}, data=data)  # noqa: F821
        wanted, rows, (good_users, bad_users) = some_store(data)
        before = tree(data)
        status, records, words = run(look, rows, "shop", "step-1")  # noqa: F821
        assert tree(data) == before, "looking changed something"
        lost = good_users + bad_users >= LEAST_TO_JUDGE and bad_users > good_users  # noqa: F821
        assert (status == 10) == (lost or not wanted), words
        if status == 10:
            lost_stores += bool(wanted)
            continue
        assert status == 0, words
        assert set(records[4:-1]) == wanted, (wanted, records)
        assert records[-1] == "end %d" % len(wanted)
        moved_in_all += len(wanted)
        # Told only so much of it, as when the host is gone half-way.
        most = chance.choice((len(records), chance.randrange(4, len(records))))
        broken_off += most < len(records)
        status, _, words = run(act, records[:most])  # noqa: F821
        assert status == (0 if most == len(records) else 3), words
        after = tree(data)
        assert sorted(content for content, _ in after.values()) == sorted(content for content, _ in before.values())
        gone = {os.path.relpath(path, "filestore/shop") for path in before if path not in after}
        assert gone == set(records[4:-1][: most - 4]), (gone, records)
        # What was compiled anew at its place meanwhile is good, and stays.
        anew = sorted(gone)[:1] if chance.random() < 0.5 else []
        for path in anew:
            with open(os.path.join(data, "filestore/shop", path), "wb") as file:
                file.write(b"compiled anew")
        for _ in range(2):
            status, _, words = run(undo, records)  # noqa: F821
            assert status == 0, words
        again = tree(data)
        for path in anew:
            assert again.pop("filestore/shop/" + path)[0] == b"compiled anew"
            assert again.pop("odoo-recover/step-1/" + path) == before.pop("filestore/shop/" + path)
        assert again == before
        assert os.path.exists(os.path.join(data, "odoo-recover")) == bool(anew)
    finally:
        shutil.rmtree(data)
print("of %d stores %d were refused as lost, %d broken off, %d files moved" % (STORES, lost_stores, broken_off, moved_in_all))
