"""Has Odoo compile its stylesheets and scripts anew. Runs as `odoo shell`, on stdin, with Odoo's `env`.

One transaction: the rows of the compiled bundles are deleted, the bundles are compiled again and looked at, and only
when each is good is it committed; else nothing has changed. People still see an older stylesheet where a newer one does
not compile, and deleting its row would take that away. Where others are missing altogether, those are made, and the rows
of the one that does not compile stay as they are.

A file that is not what its name says (the SHA-1 of its content) is in the way of the same bundle made again. It is replaced
just before the commit, by a rename: at each moment its address has the one or the other. What was there stays in
`odoo-recover/ASIDE` in Odoo's data directory. Users' files that are damaged are told, and left where they are.
Environment: COMPILED_BADLY_CSS and COMPILED_BADLY_JS (src/survey/compiled-badly.ts), ASIDE (the step's name).

Prints `did: ...` and ends with 0; `not done: ...` and 10 when nothing was changed; `it did not work: ...` and 11 when it
was committed and something after that failed.
"""

import collections
import errno
import hashlib
import inspect
import os
import re
import sys
import time
import traceback

NOT_DONE, DID_NOT_WORK = 10, 11
ATTEMPTS = 3
# More rows than this are no bundles of one site: somebody's files would be among them.
MOST_ROWS = 1000
MOST_WEBSITES = 5
# Users' files are read for so long, in seconds: before the transaction, and in it.
PATIENCE, LITTLE_PATIENCE = 60, 10
# A store whose files are called by something else is no damaged one (encrypted, compressed by an addon).
LEAST_TO_JUDGE = 10
MOST_TOLD = 5

# Odoo's own condition (`regenerate_assets_bundles`, 15 to 19), and what stands for it in 14: as src/survey/bundles.sql.
CONDITION = r"""type = 'binary' and public and res_model = 'ir.ui.view' and res_id = 0 and create_uid = 1
      and (url like '/web/assets/%' or (url ~ '^/web/content/[0-9]+-[0-9a-f]{7}/' and name ~ '\.(css|js)$'))"""

# Addresses of bundles (as src/diagnosis/bundle-url.ts): up to 16 with the row's id, from 17 on without.
WITH_ID = re.compile(r"^/web/(?:content|assets)/\d+-[0-9a-f]{7}/(?:(?P<website>\d+)/)?(?P<rtl>rtl/)?(?P<file>[^/]+)$")
WITHOUT_ID = re.compile(
    r"^/web/assets/(?:(?P<before>\d+)/)?[0-9a-f]{7}/(?:(?P<website>\d+)/)?(?P<rtl>rtl/)?(?P<file>[^/]+)$"
)
FILE = re.compile(r"^(\w+(?:\.[\w-]+)+?)(\.rtl)?(\.autoprefixed)?(?:\.min)?\.(css|js)$")

# How workers are told to forget what they rendered: what tells them, and where it is seen that they were told; the
# newest first (odoo/modules/registry.py: 19; 17 and 18; 14 to 16).
SIGNALS = (
    ("orm_signaling_assets", "insert into orm_signaling_assets default values", "select max(id) from {}"),
    ("base_cache_signaling_assets", "select nextval('base_cache_signaling_assets')", "select last_value from {}"),
    ("base_cache_signaling", "select nextval('base_cache_signaling')", "select last_value from {}"),
)

# What a failed compilation leaves in a stylesheet or script (src/survey/compiled-badly.ts), and the words after it.
LEFT = {kind: re.compile("(?:%s).{0,300}" % os.environ["COMPILED_BADLY_" + kind.upper()], re.S) for kind in ("css", "js")}

# Where the pages without a login say which bundles they ask for.
LAYOUTS = ["web.layout", "web.frontend_layout", "web.login_layout"]
CALLS = re.compile(r"<t\b[^>]*\bt-call-assets=[\"']([\w.-]+)[\"'][^>]*>")

Bundle = collections.namedtuple("Bundle", "name kind website rtl autoprefixed")


class StandsInTheWay(Exception):
    """Why it is not done; said to people."""


def tell(words):
    print(words, flush=True)


def title(bundle):
    words = bundle.name + (".rtl" if bundle.rtl else "") + "." + bundle.kind
    return words + (" of website %d" % bundle.website if bundle.website else "")


def bundle_of(url):
    """-> the Bundle that an address names; None for what is compiled only when it is asked for (maps, templates)"""
    address = WITH_ID.match(url) or WITHOUT_ID.match(url)
    named = address and FILE.match(address.group("file"))
    if not named:
        return None
    name, rtl, autoprefixed, kind = named.groups()
    groups = address.groupdict()
    website = groups["website"] or groups.get("before")
    return Bundle(name, kind, int(website) if website else None, bool(rtl or groups["rtl"]), bool(autoprefixed))


# ---- What each version does in its own way -------------------------------------------------------------------------


def flush(env):
    """16 has flush_all; before that any model flushes all of them."""
    if hasattr(env, "flush_all"):
        env.flush_all()
    else:
        env["ir.attachment"].flush()


def clear_caches(env):
    """17 and later: by group. 14 to 16: all of a model's."""
    if hasattr(env.registry, "clear_cache"):
        env.registry.clear_cache("assets")
    else:
        env["ir.qweb"].clear_caches()


def is_on_demand(env):
    """From 17 on a bundle is compiled when its address is asked for, which `ir.asset` makes."""
    return "ir.asset" in env and hasattr(env["ir.asset"], "_get_asset_bundle_url")


def call(function, *positional, **named):
    """With those of the named arguments that this version takes."""
    takes = inspect.signature(function).parameters
    if not any(each.kind == each.VAR_KEYWORD for each in takes.values()):
        named = {name: value for name, value in named.items() if name in takes}
    return function(*positional, **named)


def assets_bundle(env, bundle):
    """-> Odoo's AssetsBundle, which compiles"""
    if is_on_demand(env):
        params = dict(env["ir.asset"]._get_asset_params())
        if bundle.website:
            params["website_id"] = bundle.website
        return call(
            env["ir.qweb"]._get_asset_bundle, bundle.name, css=bundle.kind == "css", js=bundle.kind == "js",
            debug_assets=False, rtl=bundle.rtl, autoprefix=bundle.autoprefixed, assets_params=params,
        )
    language = language_of(env, bundle.rtl)
    context = {"lang": language}
    if bundle.website:
        context["website_id"] = bundle.website
    qweb = env["ir.qweb"].with_context(**context)
    files, _others = call(qweb._get_asset_content, bundle.name, options={"lang": language})
    make = getattr(qweb, "_get_asset_bundle", None) or qweb.get_asset_bundle
    return call(make, bundle.name, files, env=qweb.env, css=bundle.kind == "css", js=bundle.kind == "js")


def language_of(env, rtl):
    """Up to 16 the direction is that of the language."""
    if not rtl:
        return "en_US"
    language = env["res.lang"].search([("direction", "=", "rtl")], limit=1)
    if not language:
        raise LookupError("no language that is written from right to left is active")
    return language.code


def know_the_modules(env):
    """14: the backend's script holds the list of all modules, which is made only for a request. Without it the bundle
    would be another one than the pages ask for."""
    if "ir.asset" in env:
        return
    try:
        from odoo import http
        from odoo.addons.base.models import ir_qweb
        from odoo.addons.web.controllers import main as web

        boot, request = web.module_boot, ir_qweb.request
    except (ImportError, AttributeError):
        return

    class Request:
        def __bool__(self):
            return True

        def __getattr__(self, name):
            return getattr(request, name)

    http.root.load_addons()
    web.module_boot = lambda: boot(env.cr.dbname)
    ir_qweb.request = Request()


# ---- What is there, and what is made -------------------------------------------------------------------------------


def rows_of(env):
    env.cr.execute("select id, url, store_fname, coalesce(file_size, 0) from ir_attachment where %s" % CONDITION)
    return env.cr.fetchall()


def counted(rows):
    return collections.Counter(filter(None, (bundle_of(url) for _id, url, _stored, _size in rows)))


def of_the_login_page(env):
    """-> the bundles that a page without a login asks for, on each website"""
    views = env["ir.ui.view"].search(
        [("type", "=", "qweb"), "|", ("key", "in", LAYOUTS), ("inherit_id.key", "in", LAYOUTS)]
    )
    websites = env["website"].search([], limit=MOST_WEBSITES).ids if "website" in env else [None]
    found = []
    for view in views:
        for tag in CALLS.finditer(view.arch or ""):
            for kind in ("css", "js"):
                unwanted = re.search(r"\bt-%s=[\"'](?:false|False|0)[\"']" % kind, tag.group(0))
                if unwanted or "assets_tests" in tag.group(1):
                    continue
                found.extend(Bundle(tag.group(1), kind, website, False, False) for website in websites)
    return found


def exists(env, name):
    """In 14 a bundle is a view; a module that is gone took it along."""
    return "ir.asset" in env or bool(env["ir.ui.view"].search([("key", "=", name)], limit=1))


def is_good(env, row):
    """Whether a visitor gets what was stored."""
    _id, _url, stored, _size = row
    if not re.match(r"^[0-9a-f]{2,3}/[0-9a-f]{40}$", stored or ""):
        return True
    try:
        with open(env["ir.attachment"]._full_path(stored), "rb") as file:
            return hashlib.sha1(file.read()).hexdigest() == os.path.basename(stored)
    except OSError:
        return False


def delete(env, rows, leave):
    if leave:
        env["ir.attachment"].browse([row[0] for row in rows if bundle_of(row[1]) not in leave]).unlink()
    elif hasattr(env["ir.attachment"], "regenerate_assets_bundles"):
        env["ir.attachment"].regenerate_assets_bundles()
    else:
        # By the ORM, which marks the files for Odoo's own collection of garbage.
        env["ir.attachment"].browse([row[0] for row in rows]).unlink()
    clear_caches(env)
    flush(env)


def compile_anew(env, bundle):
    """-> what is wrong with it, for people; empty when it is good"""
    if not exists(env, bundle.name):
        return ""
    try:
        compiled = assets_bundle(env, bundle)
    except LookupError:
        return ""
    parts = compiled.stylesheets if bundle.kind == "css" else compiled.javascripts
    if not parts:
        return ""
    compiled.css() if bundle.kind == "css" else compiled.js()
    flush(env)
    return describe(compiled, compiled.css_errors[0]) if compiled.css_errors else ""


def describe(compiled, error):
    """The compiler's words, and the source that it could not name: it reads them all from one stdin."""
    words = re.search(r"[^\n]*(?:Error: |forbidden|Could not|does not exist|is not utf-8)[^\n]*", error)
    said = (words.group(0) if words else error.split("\n")[0]).strip().rstrip(".")[:300]
    line = re.search(r"on line (\d+)", error)
    source = source_at(compiled, int(line.group(1))) if line else None
    return said + of_module(source or said)


def source_at(compiled, line):
    """-> the address of the source that has this line of what the compiler read (assetsbundle.py, `preprocess_css`)"""
    sheets = [sheet for sheet in compiled.stylesheets if hasattr(sheet, "get_command")]
    kinds = []
    for sheet in sheets:
        if type(sheet) not in kinds:
            kinds.append(type(sheet))
    for kind in kinds:
        end = 0
        for sheet in sheets:
            if type(sheet) is kind:
                end += sheet.get_source().count("\n") + 1
                if line <= end:
                    return sheet.url
    return None


def of_module(words):
    path = re.search(r"/(\w+)/static/[\w./-]+", words or "")
    if not path:
        return ""
    named = "" if path.group(0) != words else " in %s" % path.group(0)
    return "%s, of the module %s" % (named, path.group(1))


def look_at(env, rows, former):
    """Each row that was made: its file, and what is in it. -> what is wrong, by bundle. Raises StandsInTheWay for a file
    that is not what was written."""
    files = env["ir.attachment"]
    wrong = {}
    for identity, url, stored, size in rows:
        bundle = bundle_of(url)
        name = title(bundle) if bundle else url
        if re.match(r"^[0-9a-f]{2,3}/[0-9a-f]{40}$", stored or ""):
            path = files._full_path(stored)
            content = BROKEN.whole[path] if path in BROKEN.whole else content_of(path, name)
            if hashlib.sha1(content).hexdigest() != os.path.basename(stored):
                raise StandsInTheWay(
                    "the file of %s is not what was written: %s%s"
                    % (name, files._full_path(stored), why_not(files._full_path(stored)))
                )
        else:
            # In the database, or where another module keeps it.
            content = bytes(files.browse(identity).raw or b"")
        if bundle is None:
            continue
        if not content and former.get(bundle, 0) > 0:
            wrong[bundle] = "%s was compiled to nothing" % name
        left = LEFT[bundle.kind].search(content.decode("utf-8", "replace"))
        if left:
            wrong[bundle] = "%s does not compile: %s" % (name, words_of(left.group(0)))
    return wrong


def content_of(path, name):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        # Odoo notes that it could not write, and makes the row all the same (ir_attachment.py, `_file_write`).
        raise StandsInTheWay(
            "the file of %s could not be written: %s (%s)%s" % (name, path, error.strerror, why_not(path))
        )


def why_not(path):
    folder = os.path.dirname(path)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    space = os.statvfs(folder)
    if space.f_bavail * space.f_frsize < 1 << 20 or (space.f_files > 0 and space.f_favail == 0):
        return "; its disk is full"
    if not os.access(folder, os.W_OK | os.X_OK):
        return "; Odoo may not write to %s" % folder
    return ""


def words_of(left):
    """`console.error("Could not get content for /shop/static/src/js/x.js ...` in words, with the module"""
    text = re.sub(r"""^(?:console\.error|throw new Error)\(["'\\]*""", "", left)
    text = re.split(r"""\\?["']\)|\\n|\n|\\A| defined in bundle """, text)[0].strip().rstrip(".;\\\"'")
    return text[:300] + of_module(text)


def path_in(error):
    """-> the file that Odoo could not write, or found in its way (ir_attachment.py), which its message may not name"""
    path = getattr(error, "filename", None) or ""
    trace = error.__traceback__
    while trace is not None:
        path = trace.tb_frame.f_locals.get("full_path") or path
        trace = trace.tb_next
    return path


def signal_of(env):
    """-> the signal that this database has, and how far it is; None where no version's is known"""
    for relation, statement, read in SIGNALS:
        env.cr.execute("select to_regclass('%s')" % relation)
        if env.cr.fetchone()[0]:
            env.cr.execute(read.format(relation))
            return statement, read.format(relation), env.cr.fetchone()[0] or 0
    return None


def commit(env, signal):
    """Commits, and tells the workers in the same message to PostgreSQL: whoever dies in between leaves both or neither.
    In Odoo 14 they would go on asking for rows that are no more."""
    flush(env)
    if getattr(env.cr, "precommit", None) is not None:
        env.cr.precommit.run()
    if signal:
        env.cr.execute("commit; " + signal[0])
    else:
        env.cr.commit()


def after_commit(env, signal):
    # What Odoo does after a commit, and its own way to tell; a second time does no harm.
    env.cr.commit()
    env.registry.signal_changes()
    if signal is None:
        return
    _statement, read, former = signal
    env.cr.execute(read)
    if (env.cr.fetchone()[0] or 0) <= former:
        raise RuntimeError("the workers were not told: %s is as before" % read)


class Attempt:
    """All of it, in a transaction that is not committed yet. `leave`: bundles whose rows stay as they are."""

    def __init__(self, env, leave=frozenset()):
        BROKEN.whole = {}
        env.cr.execute("set local lock_timeout to '20s'")
        rows = rows_of(env)
        if len(rows) > MOST_ROWS:
            raise StandsInTheWay("%d rows look like compiled bundles, and so many cannot be" % len(rows))
        former = {bundle_of(url): size for _id, url, _stored, size in rows}
        good = {bundle_of(row[1]) for row in rows if is_good(env, row)}
        wanted = set(counted(rows)) | set(of_the_login_page(env))
        self.left = frozenset()
        delete(env, rows, leave)
        self.wrong = {}
        for bundle in sorted(wanted - leave, key=title):
            wrong = compile_or_say(env, bundle)
            if wrong:
                self.wrong[bundle] = "%s does not compile: %s" % (title(bundle), wrong)
        kept = {row[0] for row in rows if bundle_of(row[1]) in leave}
        made = [row for row in rows_of(env) if row[0] not in kept]
        self.wrong = {**look_at(env, made, former), **self.wrong}
        self.deleted = counted([row for row in rows if row[0] not in kept])
        self.made = counted(made)
        # Those that nobody gets now, and would get then.
        self.missing = set(self.made) - good


def compile_or_say(env, bundle):
    try:
        return compile_anew(env, bundle)
    except Exception as error:
        if "collid" not in str(error):
            raise
        raise StandsInTheWay(
            "another file stands in the way of %s, which has to be moved aside first: %s"
            % (title(bundle), path_in(error) or "not named")
        )


def best_attempt(env):
    """-> the Attempt that is to be committed. Raises StandsInTheWay where nobody would be better off."""
    first = Attempt(env)
    if not first.wrong:
        return first
    # A script with an error in one part is more than none at all; of a stylesheet there is an older one, or nothing.
    with_error = {bundle for bundle in first.wrong if bundle.kind == "js"} & first.missing
    leave = set(first.wrong) - with_error
    words = sorted(first.wrong.values())
    if not first.missing - leave:
        raise StandsInTheWay("; ".join(words[:3]) + (" and %d more" % (len(words) - 3) if words[3:] else ""))
    env.cr.rollback()
    clear_caches(env)
    second = Attempt(env, frozenset(leave))
    if set(second.wrong) - with_error:
        raise StandsInTheWay("; ".join(sorted(second.wrong.values())[:3]))
    second.wrong = first.wrong
    second.left = leave
    return second


def is_broken(path):
    """Whether a file is there, and is not what its name says."""
    if not os.path.isfile(path) or os.path.islink(path):
        return False
    with open(path, "rb") as file:
        return hashlib.sha1(file.read()).hexdigest() != os.path.basename(path)


class Broken:
    """Files that are not what was stored, in the way of bundles that are made again."""

    def __init__(self):
        # path -> what is to be there; of the attempt that is under way.
        self.whole = {}
        self.replaced = set()
        self.aside = ""
        self.judged = False

    def judge(self, env, patience):
        """Looks at users' files. Raises StandsInTheWay where most of them are not called by their content either."""
        if self.judged:
            return
        self.judged = True
        env.cr.execute(
            "select store_fname, max(coalesce(file_size, 0)) from ir_attachment where store_fname is not null"
            " group by store_fname having not bool_and(coalesce(%s, false)) order by store_fname" % CONDITION
        )
        until, looked, passed, bad = time.monotonic() + patience, 0, 0, []
        for stored, size in env.cr.fetchall():
            path = env["ir.attachment"]._full_path(stored)
            if not re.match(r"^[0-9a-f]{2,3}/[0-9a-f]{40}$", stored) or not os.path.isfile(path):
                continue
            # One of another size need not be read.
            other_size = size > 0 and os.path.getsize(path) != size
            if not other_size and time.monotonic() > until:
                passed += 1
                continue
            looked += 1
            if other_size or is_broken(path):
                bad.append(stored)
        if looked >= LEAST_TO_JUDGE and len(bad) * 2 > looked:
            raise StandsInTheWay(
                "of %d users' files %d are not called by their content: this store may be encrypted, or lost as a whole"
                % (looked, len(bad))
            )
        if bad:
            more = " and others" if len(bad) > MOST_TOLD else ""
            tell("found %d damaged files of users: %s%s; they were left where they are, for there is no better copy here"
                 % (len(bad), ", ".join(bad[:MOST_TOLD]), more))
        if passed:
            tell("of users' files %d were not looked at: there was no time" % passed)

    def replace(self, env):
        """Each by a rename. What was there has a second name by then."""
        if self.whole:
            self.judge(env, LITTLE_PATIENCE)
        for path, content in self.whole.items():
            try:
                self.aside = self.aside or folder_for(path)
                kept = os.path.join(self.aside, os.path.basename(path))
                if not os.path.lexists(kept):
                    os.link(path, kept)
                new = kept + ".new"
                with open(new, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.rename(new, path)
            except OSError as error:
                raise StandsInTheWay(
                    "the file %s is not what was stored, and could not be replaced: %s%s"
                    % (path, error.strerror, why_not(path))
                )
            self.replaced.add(path)
        self.whole = {}


BROKEN = Broken()


def remove_empty(folder):
    for each in (folder, os.path.dirname(folder)):
        try:
            os.rmdir(each)
        except OSError:
            return


def folder_for(path):
    """-> the folder for what was at this path: in Odoo's data directory; in its filestore where that is a mount of its own"""
    step = os.environ["ASIDE"]
    if not re.match(r"^[A-Za-z0-9-]+$", step):
        raise StandsInTheWay("the step has no name")
    filestore = os.path.dirname(os.path.dirname(path))
    stores = os.path.dirname(filestore)
    for above in [os.path.dirname(stores)] if os.path.basename(stores) == "filestore" else []:
        folder = os.path.join(above, "odoo-recover", step)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        try:
            os.link(path, os.path.join(folder, os.path.basename(path)))
            return folder
        except FileExistsError:
            return folder
        except OSError as error:
            remove_empty(folder)
            if error.errno != errno.EXDEV:
                raise
    folder = os.path.join(filestore, "odoo-recover", step)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder


def write_whole_files(env):
    """Odoo writes in place, goes on when that fails (`_file_write`), and leaves the beginning of a file where a full
    disk or a kill cut it off: it would be in the way of whatever is compiled next. Here a file is there whole, or not."""
    model = type(env["ir.attachment"])
    write = model._file_write

    def file_write(self, content, checksum):
        if self._storage() == "file":
            try:
                stored, full_path = self._get_path(content, checksum)
            except Exception:
                # Odoo refuses where another content has the same name: where that is no file with this name by right.
                stored = "%s/%s" % (checksum[:2], checksum)
                full_path = self._full_path(stored)
                if not is_broken(full_path):
                    raise
            if is_broken(full_path):
                BROKEN.whole[full_path] = content
                return stored
            if not os.path.exists(full_path):
                put(content, full_path)
                # As Odoo does, in case that the transaction is undone.
                self._mark_for_gc(stored)
        return write(self, content, checksum)

    model._file_write = file_write


def put(content, full_path):
    folder = os.open(os.path.dirname(full_path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        # A file without a name, which is gone with whoever made it.
        file = os.open(os.path.dirname(full_path), os.O_TMPFILE | os.O_RDWR, 0o666)
        try:
            while content:
                content = content[os.write(file, content) :]
            os.fsync(file)
            # With a folder, for only then does Python follow the link.
            os.link("/proc/self/fd/%d" % file, full_path, src_dir_fd=folder)
        finally:
            os.close(file)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EXDEV):
            raise
        # A worker was quicker, or this file system has none such: then Odoo writes in place, and it is looked at.
    finally:
        os.close(folder)


def in_words(error):
    if isinstance(error, StandsInTheWay):
        return str(error)
    if isinstance(error, OSError):
        path = str(path_in(error))
        return "Odoo cannot write its files: %s (%s)%s" % (path, error.strerror, why_not(path) if path else "")
    return "Odoo cannot do it: %s" % (str(error).strip() or type(error).__name__).split("\n")[0]


def is_a_clash(error):
    """Somebody else changed the same rows: serialization, deadlock, lock not available."""
    return getattr(error, "pgcode", None) in ("40001", "40P01", "55P03")


def say(attempt):
    deleted, made = attempt.deleted, attempt.made
    counts = [
        "%s (deleted %d, made %d)" % (title(bundle), deleted[bundle], made[bundle])
        for bundle in sorted(set(deleted) | set(made), key=title)
    ]
    anew = sum(1 for bundle in made if made[bundle])
    tell("did: made %d %s anew: %s" % (anew, "bundle" if anew == 1 else "bundles", ", ".join(counts)))
    for bundle in sorted(attempt.wrong, key=title):
        done = "left the rows of one bundle as they were" if bundle in attempt.left else "made one with an error in it"
        tell("did: %s: %s" % (done, attempt.wrong[bundle]))


def say_replaced():
    count = len(BROKEN.replaced)
    if count:
        tell("did: replaced %d %s that %s not what was stored; what was there is in %s"
             % (count, "file" if count == 1 else "files", "was" if count == 1 else "were", BROKEN.aside))


def look_at_the_store(env):
    """Before the transaction, for it may take its time."""
    full_path = env["ir.attachment"]._full_path
    stored = [row[2] for row in rows_of(env) if re.match(r"^[0-9a-f]{2,3}/[0-9a-f]{40}$", row[2] or "")]
    if any(is_broken(full_path(each)) for each in stored):
        BROKEN.judge(env, PATIENCE)
    env.cr.rollback()


def main(env):
    """-> the exit status"""
    know_the_modules(env)
    write_whole_files(env)
    try:
        look_at_the_store(env)
    except Exception as error:
        env.cr.rollback()
        if not isinstance(error, StandsInTheWay):
            traceback.print_exc()
        tell("not done: %s; nothing was changed" % in_words(error))
        return NOT_DONE
    for left in reversed(range(ATTEMPTS)):
        began = None
        try:
            began = sorted(row[0] for row in rows_of(env))
            attempt = best_attempt(env)
            before = signal_of(env)
            BROKEN.replace(env)
            commit(env, before)
            break
        except Exception as error:
            env.cr.rollback()
            if began is not None and sorted(row[0] for row in rows_of(env)) != began and not is_a_clash(error):
                traceback.print_exc()
                tell("it did not work: the bundles were made anew, or somebody else did it, and then: %s" % error)
                return DID_NOT_WORK
            if is_a_clash(error) and left:
                env.cr.rollback()
                time.sleep(1)
                continue
            if not isinstance(error, StandsInTheWay):
                traceback.print_exc()
            if BROKEN.replaced:
                say_replaced()
                tell("it did not work: %s; the rows are as they were" % in_words(error))
                return DID_NOT_WORK
            tell("not done: %s; nothing was changed" % in_words(error))
            return NOT_DONE
    say_replaced()
    say(attempt)
    try:
        after_commit(env, before)
    except Exception as error:
        traceback.print_exc()
        tell("it did not work: the bundles were made anew, and then: %s" % error)
        return DID_NOT_WORK
    tell("did: told Odoo's workers to forget the pages that they had rendered")
    return 0


sys.exit(main(env))  # noqa: F821, given by odoo shell
