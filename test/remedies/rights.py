# Behind permissions.py, in place of its last line: what may_use says of files and folders with any rights, against what the
# kernel lets a process do that has become Odoo.
import random  # noqa: E402
import shutil  # noqa: E402
import tempfile  # noqa: E402

chance = random.Random(5)
odoo = Odoo.__new__(Odoo)  # noqa: F821
odoo.uid, odoo.gid, odoo.groups = 101, 102, {102, 103}
numbers = [0, 101, 102, 103, 104]


def some_list():
    # version, then kind, rights and number: owner, two users, group, two groups, mask, others
    rights = [chance.randrange(8) for _ in range(8)]
    none = 0xFFFFFFFF
    users, groups = sorted(chance.sample(numbers, 2)), sorted(chance.sample(numbers, 2))
    entries = [(1, rights[0], none), (2, rights[1], users[0]), (2, rights[2], users[1]), (4, rights[3], none),
               (8, rights[4], groups[0]), (8, rights[5], groups[1]), (16, rights[6], none), (32, rights[7], none)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


place = tempfile.mkdtemp()
os.chmod(place, 0o755)
cases, listed = [], 0
for at in range(1200):
    path = os.path.join(place, str(at))
    is_folder = chance.random() < 0.3
    if is_folder:
        os.mkdir(path)
    else:
        open(path, "w").close()
    os.chown(path, chance.choice(numbers), chance.choice(numbers))
    os.chmod(path, chance.randrange(0o1000))
    if chance.random() < 0.5:
        try:
            os.setxattr(path, "system.posix_acl_access", some_list())
            listed += 1
        except OSError:
            pass
    wanted = READ | WRITE | (ENTER if is_folder else 0)  # noqa: F821
    cases.append((path, wanted, may_use(odoo, os.lstat(path), wanted, path)))  # noqa: F821

child = os.fork()
if child == 0:
    become(101, 102, [102, 103])  # noqa: F821
    wrong = usable = 0
    for path, wanted, said in cases:
        really = os.access(path, wanted)
        usable += really
        if really != said:
            wrong += 1
            print("of %s it says %s" % (path, said), os.lstat(path), acl_of(path))  # noqa: F821
    if not wrong:
        print("of %d, %d usable, %d with an access list: all as the kernel has it" % (len(cases), usable, listed), flush=True)
    os._exit(1 if wrong else 0)
status = os.waitpid(child, 0)[1]
shutil.rmtree(place)
sys.exit(1 if status else 0)
