"""As much of Odoo 14 to 19 as regenerate.py touches, with the signatures that each version has (ir_qweb.py, ir_asset.py,
ir_attachment.py, registry.py), on a table in memory and files in a folder.

Reads a scenario as JSON from stdin, runs the program on it, and prints what became of everything as JSON.
"""

import contextlib
import hashlib
import io
import json
import os
import re
import sys

SCENARIO = json.load(sys.stdin)
VERSION = SCENARIO["version"]
FOLDER = SCENARIO["folder"]
# name -> {"css": [[address, source]], "js": [[address, source or None]]}
SOURCES = SCENARIO["sources"]
RELATION = {14: "base_cache_signaling", 15: "base_cache_signaling", 16: "base_cache_signaling",
            17: "base_cache_signaling_assets", 18: "base_cache_signaling_assets", 19: "orm_signaling_assets"}[VERSION]
# Those that a database has which was upgraded from older versions, too.
RELATIONS = {"base_cache_signaling", RELATION}
LOG = []


class Database:
    def __init__(self):
        self.rows = {}
        self.next = 1
        self.told = 0
        self.committed = {}
        self.commits = 0

    def commit(self):
        self.committed = {key: dict(row) for key, row in self.rows.items()}
        self.commits += 1

    def rollback(self):
        self.rows = {key: dict(row) for key, row in self.committed.items()}

    def insert(self, **row):
        row = {"type": "binary", "public": True, "res_model": "ir.ui.view", "res_id": 0, "create_uid": 1, **row}
        key, self.next = self.next, self.next + 1
        self.rows[key] = row
        return key


DB = Database()


def is_bundle(row):
    return (row["type"] == "binary" and row["public"] and row["res_model"] == "ir.ui.view" and row["res_id"] == 0
            and row["create_uid"] == 1 and (row["url"].startswith("/web/assets/") or bool(
                re.match(r"^/web/content/[0-9]+-[0-9a-f]{7}/", row["url"]) and re.search(r"\.(css|js)$", row["name"]))))


class Clash(Exception):
    pgcode = "40001"


class Precommit:
    def run(self):
        LOG.append("precommit")


class Cursor:
    dbname = "shop"
    precommit = Precommit()

    def execute(self, query, params=None):
        self.answer = []
        LOG.append(query.split("\n")[0][:60])
        told = re.search(r"nextval\('(\w+)'\)|insert into (\w+) default values", query)
        if query.startswith("commit; "):
            if SCENARIO.get("clashes", 0) > 0:
                SCENARIO["clashes"] -= 1
                raise Clash("could not serialize access due to concurrent update")
            DB.commit()
        if told:
            assert (told.group(1) or told.group(2)) == RELATION, query
            if not SCENARIO.get("deaf"):
                DB.told += 1
        elif query.startswith("select id, url"):
            assert "type = 'binary' and public and res_model = 'ir.ui.view' and res_id = 0 and create_uid = 1" in query
            self.answer = [(key, row["url"], row["store_fname"], row["file_size"]) for key, row in DB.rows.items()
                           if is_bundle(row)]
        elif query.startswith("select to_regclass"):
            named = re.search(r"'(\w+)'", query).group(1)
            self.answer = [(named if named in RELATIONS else None,)]
        elif query.startswith(("select last_value", "select max(id)")):
            assert query.endswith(RELATION), query
            self.answer = [(DB.told,)]
        elif query.startswith("select store_fname, max"):
            self.answer = sorted((row["store_fname"], row["file_size"]) for row in DB.rows.values()
                                 if row["store_fname"] and not is_bundle(row))
        elif query.startswith("select 1 from ir_attachment"):
            self.answer = [(1,) for row in DB.rows.values() if row["store_fname"] == params[0]]
        elif not query.startswith(("set local lock_timeout", "commit; ")):
            raise AssertionError(query)

    def fetchone(self):
        return self.answer[0] if self.answer else None

    def fetchall(self):
        return self.answer

    def commit(self):
        LOG.append("commit")
        DB.commit()

    def rollback(self):
        DB.rollback()


class Model:
    def __init__(self, env, ids=()):
        self.env = env
        self.ids = list(ids)

    def __bool__(self):
        return bool(self.ids)

    def browse(self, ids):
        return type(self)(self.env, ids if isinstance(ids, list) else [ids])


class Attachment(Model):
    @property
    def raw(self):
        row = DB.rows[self.ids[0]]
        if not row["store_fname"]:
            return row["db_datas"].encode()
        with open(self._full_path(row["store_fname"]), "rb") as file:
            return file.read()

    def _full_path(self, name):
        return os.path.join(FOLDER, name)

    def _storage(self):
        return SCENARIO.get("storage", "file")

    def _get_path(self, content, checksum):
        name = checksum[:2] + "/" + checksum
        full_path = self._full_path(name)
        os.makedirs(os.path.dirname(full_path), exist_ok=True)
        if os.path.isfile(full_path):
            with open(full_path, "rb") as file:
                if file.read() != content:
                    raise ValueError("The attachment is colliding with an existing file." if VERSION < 17
                                     else "The attachment collides with an existing file.")
        return name, full_path

    def _mark_for_gc(self, name):
        LOG.append("marked " + name)

    def _file_write(self, content, checksum):
        name, full_path = self._get_path(content, checksum)
        # Odoo swallows what goes wrong here.
        if SCENARIO.get("storage") != "loses" and not os.path.exists(full_path):
            with open(full_path, "wb") as file:
                file.write(content)
                self._mark_for_gc(name)
        return name

    def create(self, name, url, content):
        content = content.encode()
        stored = "" if SCENARIO.get("storage") == "db" else self._file_write(content, hashlib.sha1(content).hexdigest())
        return DB.insert(name=name, url=url, store_fname=stored, file_size=len(content), db_datas=content.decode())

    def unlink(self):
        for key in self.ids:
            del DB.rows[key]

    def flush(self):
        if VERSION >= 17:
            raise AttributeError("flush")


if VERSION >= 15 and not SCENARIO.get("early"):
    def regenerate_assets_bundles(self):
        LOG.append("regenerate_assets_bundles")
        self.browse([key for key, row in DB.rows.items() if is_bundle(row)]).unlink()
        if VERSION >= 17:
            self.env.registry.clear_cache("assets")
    Attachment.regenerate_assets_bundles = regenerate_assets_bundles


class Sheet:
    def __init__(self, address, source):
        self.url, self.source = address, source

    def get_source(self):
        return "/*! id */\n" + self.source

    def get_command(self):
        return []


class AssetsBundle:
    def __init__(self, name, env, css=True, js=True, rtl=False, website=None, autoprefix=False):
        sources = SOURCES.get(name, {})
        self.name, self.env, self.rtl, self.website, self.autoprefix = name, env, rtl, website, autoprefix
        self.stylesheets = [Sheet(*source) for source in sources.get("css", [])] if css else []
        self.javascripts = sources.get("js", []) if js else []
        self.css_errors = []

    def save(self, kind, content):
        rtl = self.rtl and kind == "css"
        if VERSION < 17:
            number = DB.next
            minified = "" if VERSION == 14 else "min."
            place = ("%d/" % self.website if self.website else "") + ("rtl/" if rtl else "")
            folder = "content" if VERSION == 14 else "assets"
            url = "/web/%s/%d-aaaaaaa/%s%s.%s%s" % (folder, number, place, self.name, minified, kind)
        else:
            website = "%d/" % self.website if self.website else ""
            tail = (".rtl" if rtl else "") + (".autoprefixed" if self.autoprefix else "")
            url = "/web/assets/%saaaaaaa/%s%s.min.%s" % (website, self.name, tail, kind)
        if SCENARIO.get("loses") != self.name:
            self.env["ir.attachment"].create("%s.%s" % (self.name, kind), url, content)

    def css(self):
        line = 0
        for sheet in self.stylesheets:
            for words in sheet.get_source().split("\n"):
                line += 1
                if "$undefined" in words:
                    self.css_errors.append(
                        'Error: Undefined variable: "$undefined".\n        on line %d of stdin\n>> %s\n'
                        "This error occured while compiling the bundle '%s' containing:\n    - %s"
                        % (line, words, self.name, sheet.url))
        content = "".join(sheet.source for sheet in self.stylesheets)
        if self.css_errors:
            if VERSION < 17:
                return
            content = "/* ## CSS error message ##*/ css_error_message {}"
        self.save("css", content + (" /* rtl */" if self.rtl else ""))

    def js(self):
        self.save("js", ";\n".join(
            'console.error("Could not get content for %s defined in bundle \'%s\'.");' % (address, self.name)
            if source is None else source for address, source in self.javascripts))


class QWebUpTo16(Model):
    def with_context(self, **context):
        return type(self)(Env(context))

    def clear_caches(self):
        if VERSION >= 19:
            raise AttributeError("clear_caches")
        LOG.append("clear_caches")

    def made(self, name, files, env, css=True, js=True):
        assert files == [name] and env is self.env
        language = env.context["lang"]
        return AssetsBundle(name, env, css, js, language.startswith("ar"), env.context.get("website_id"))


if VERSION == 14:
    class QWeb(QWebUpTo16):
        def _get_asset_content(self, xmlid, options):
            assert options["lang"] == self.env.context["lang"]
            if xmlid not in SOURCES:
                raise ValueError("View '%s' in website not found" % xmlid)
            return [xmlid], []

        def get_asset_bundle(self, xmlid, files, env=None):
            return self.made(xmlid, files, env)
elif VERSION == 15:
    class QWeb(QWebUpTo16):
        def _get_asset_content(self, bundle, options, nodeAttrs=None):
            assert options["lang"] == self.env.context["lang"]
            return [bundle], []

        def get_asset_bundle(self, bundle_name, files, env=None, css=True, js=True):
            return self.made(bundle_name, files, env, css, js)
elif VERSION == 16:
    class QWeb(QWebUpTo16):
        def _get_asset_content(self, bundle, nodeAttrs=None, defer_load=False, lazy_load=False):
            return [bundle], []

        def _get_asset_bundle(self, xmlid, files, env=None, css=True, js=True):
            return self.made(xmlid, files, env, css, js)
elif VERSION < 19:
    class QWeb(Model):
        def _get_asset_bundle(self, bundle_name, css=True, js=True, debug_assets=False, rtl=False, assets_params=None):
            assert not debug_assets
            return AssetsBundle(bundle_name, self.env, css, js, rtl, assets_params.get("website_id"))
else:
    class QWeb(Model):
        def _get_asset_bundle(self, bundle_name, css=True, js=True, debug_assets=False, rtl=False, assets_params=None,
                              autoprefix=False):
            return AssetsBundle(bundle_name, self.env, css, js, rtl, assets_params.get("website_id"), autoprefix)


class Asset(Model):
    if VERSION >= 17:
        def _get_asset_bundle_url(self, filename, unique, assets_params, ignore_params=False):
            raise AssertionError("it asks for no address")

        def _get_asset_params(self):
            return {}


class View(Model):
    arch = SCENARIO["layout"]

    def search(self, domain, limit=None):
        if domain[0][0] == "key":
            return self.browse([1] if domain[0][2] in SOURCES else [])
        return [self]


class Website(Model):
    def search(self, domain, limit=None):
        return self.browse(SCENARIO["websites"])


class Lang(Model):
    code = "ar_001"

    def search(self, domain, limit=None):
        assert domain == [("direction", "=", "rtl")]
        return self.browse([7] if SCENARIO.get("arabic", True) else [])


class Registry:
    invalid = False

    def signal_changes(self):
        LOG.append("signal_changes")
        if not SCENARIO.get("deaf"):
            DB.told += 1


if VERSION >= 17:
    Registry.clear_cache = lambda self, *names: LOG.append("clear_cache " + " ".join(names))


class Env:
    models = {"ir.attachment": Attachment, "ir.qweb": QWeb, "ir.ui.view": View, "res.lang": Lang}
    if VERSION >= 15:
        models["ir.asset"] = Asset
    if SCENARIO.get("websites"):
        models["website"] = Website
    cr = Cursor()
    registry = Registry()

    def __init__(self, context=None):
        self.context = context or {}

    def __contains__(self, name):
        return name in self.models

    def __getitem__(self, name):
        return self.models[name](self)

    if VERSION >= 16:
        def flush_all(self):
            LOG.append("flush_all")


def told_of(rows):
    return [{"url": row["url"], "name": row["name"], "stored": row["store_fname"]} for row in rows.values()]


for number, row in enumerate(SCENARIO["rows"]):
    content = "gone" if number in SCENARIO.get("gone", []) else "former"
    name = hashlib.sha1(content.encode()).hexdigest()
    DB.insert(**{"name": "x", "file_size": len(content), "db_datas": "", "store_fname": name[:2] + "/" + name, **row})
DB.commit()
DB.commits = 0
if "disk" in SCENARIO:
    def refuse(*_arguments, **_named):
        raise OSError(SCENARIO["disk"], os.strerror(SCENARIO["disk"]))
    # 28: the disk is full. 95: its file system has no files without a name.
    setattr(os, "fsync" if SCENARIO["disk"] == 28 else "link", refuse)
before = told_of(DB.committed)
status = None
said = io.StringIO()
with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
    try:
        exec(SCENARIO["program"], {"env": Env(), "__name__": "__main__"})
    except SystemExit as end:
        status = end.code
    except SyntaxError:
        status = 1
files = {os.path.join(os.path.basename(folder), name): open(os.path.join(folder, name), "rb").read().decode()
         for folder, _folders, names in os.walk(FOLDER) for name in names}
print(json.dumps({"status": status, "output": said.getvalue(), "before": before, "rows": told_of(DB.committed),
                  "told": DB.told, "commits": DB.commits, "log": LOG, "files": files}))
