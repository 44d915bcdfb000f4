// What went wrong inside of Odoo, read from real ends of its log.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeFailure, failureIn, logSince, whereThreadsStand } from "../../src/diagnosis/log.ts";
import { logged, stamp, survey } from "./surveys.ts";

const words = (text: string): string => {
  const failure = failureIn(text);
  return failure === undefined ? "" : describeFailure(failure);
};

describe("a traceback", () => {
  it("of a module that cannot be imported names the addon, its file and line", () => {
    expect(
      words(`2024-05-02 02:59:25,566 1 ERROR odoo odoo.modules.registry: Failed to load registry 
Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/modules/registry.py", line 89, in new
    odoo.modules.load_modules(registry._db, force_demo, status, update_module)
  File "/usr/lib/python3/dist-packages/odoo/modules/module.py", line 358, in load_openerp_module
    __import__('odoo.addons.' + module_name)
  File "/mnt/extra-addons/shop_notes/__init__.py", line 1, in <module>
    from . import models
  File "/mnt/extra-addons/shop_notes/models.py", line 3, in <module>
    import phonenumbers
ModuleNotFoundError: No module named 'phonenumbers'`),
    ).toBe(
      "ModuleNotFoundError: No module named 'phonenumbers' (module shop_notes, /mnt/extra-addons/shop_notes/models.py line 3)",
    );
  });

  // werkzeug drops the indent of the file, and puts the fields of its own log format behind.
  it("of a syntax error, as werkzeug logs it, names the file that has it and not the one that imports it", () => {
    expect(
      words(`2024-05-02 02:59:25,576 1 ERROR odoo werkzeug: Error on request:
Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/modules/registry.py", line 63, in __new__
    return cls.registries[db_name]
  File "/usr/lib/python3/dist-packages/odoo/tools/lru.py", line 34, in __getitem__
    a = self.d[obj]
KeyError: 'odoo'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/werkzeug/serving.py", line 323, in run_wsgi
    execute(self.server.app)
  File "/usr/lib/python3/dist-packages/odoo/modules/module.py", line 358, in load_openerp_module
    __import__('odoo.addons.' + module_name)
  File "/mnt/extra-addons/shop_notes/__init__.py", line 1, in <module>
    from . import models
File "/mnt/extra-addons/shop_notes/models.py", line 14
    return 0
    ^
SyntaxError: invalid syntax - - -`),
    ).toBe("SyntaxError: invalid syntax (module shop_notes, /mnt/extra-addons/shop_notes/models.py line 14)");
  });

  it("of a view that does not fit names the view's file, of the exception that came last", () => {
    expect(
      words(`Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/addons/base/models/ir_ui_view.py", line 673, in handle_view_error
    raise ValueError(formatted_message).with_traceback(from_traceback) from from_exception
odoo.exceptions.ValidationError: Error while validating view:

Field "title" does not exist in model "shop.note"

View name: shop.note.form
Error context:
 file: /mnt/extra-addons/shop_notes/views/shop_note.xml


The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/service/server.py", line 1198, in preload_registries
    registry = Registry.new(dbname, update_module=update_module)
  File "/usr/lib/python3/dist-packages/odoo/tools/convert.py", line 681, in _tag_root
    raise ParseError('while parsing %s:%s, near\\n%s' % (
odoo.tools.convert.ParseError: while parsing /mnt/extra-addons/shop_notes/views/shop_note.xml:3, near
<record id="shop_note_form" model="ir.ui.view">
    <field name="name">shop.note.form</field>
  </record>
2024-05-02 02:59:24,132 19 INFO odoo odoo.service.server: Initiating shutdown `),
    ).toBe(
      "odoo.tools.convert.ParseError: while parsing /mnt/extra-addons/shop_notes/views/shop_note.xml:3, near (module shop_notes, /mnt/extra-addons/shop_notes/views/shop_note.xml line 3)",
    );
  });

  it("of XML that is no XML names its file", () => {
    expect(
      failureIn(`Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/tools/convert.py", line 777, in convert_xml_import
    doc = etree.parse(xmlfile)
  File "src/lxml/parser.pxi", line 654, in lxml.etree._raiseParseError
  File "/mnt/extra-addons/shop_notes/views/shop_note.xml", line 7
lxml.etree.XMLSyntaxError: Opening and ending tag mismatch: record line 3 and odoo, line 7, column 8`),
    ).toEqual({
      exception: "lxml.etree.XMLSyntaxError",
      message: "Opening and ending tag mismatch: record line 3 and odoo, line 7, column 8",
      module: "shop_notes",
      file: "/mnt/extra-addons/shop_notes/views/shop_note.xml",
      line: 7,
    });
  });

  it("of a manifest that does not parse says so: Odoo does not log whose it is", () => {
    expect(
      words(`Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/modules/graph.py", line 64, in add_modules
    info = odoo.modules.module.load_information_from_description_file(module)
  File "/usr/lib/python3/dist-packages/odoo/modules/module.py", line 310, in load_information_from_description_file
    info.update(ast.literal_eval(pycompat.to_text(f.read())))
  File "/usr/lib/python3.9/ast.py", line 50, in parse
    return compile(source, filename, mode, flags,
File "<unknown>", line 5
    "data": ["security/ir.model.access.csv"],
          ^
SyntaxError: invalid syntax - - -`),
    ).toBe("SyntaxError: invalid syntax in line 5 of a module's __manifest__.py");
  });

  it("in Odoo's own `web` and `base` is told by the addon that raised it", () => {
    expect(
      failureIn(`Traceback (most recent call last):
  File "/mnt/extra-addons/shop_notes/controllers.py", line 9, in login
    return super().login()
  File "/usr/lib/python3/dist-packages/odoo/addons/web/controllers/main.py", line 480, in web_login
    request.params['login_success'] = False
AttributeError: 'NoneType' object has no attribute 'params'`),
    ).toMatchObject({ module: "shop_notes", line: 9 });
  });

  it("of Odoo alone names Odoo's file, and no module", () => {
    expect(
      failureIn(`Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/sql_db.py", line 625, in borrow
    result = psycopg2.connect(
  File "/usr/lib/python3/dist-packages/psycopg2/__init__.py", line 127, in connect
    conn = _connect(dsn, connection_factory=connection_factory, **kwasync)
psycopg2.OperationalError: FATAL:  the database system is starting up - - -`),
    ).toEqual({
      exception: "psycopg2.OperationalError",
      message: "FATAL:  the database system is starting up",
      module: undefined,
      file: "/usr/lib/python3/dist-packages/odoo/sql_db.py",
      line: 625,
    });
  });

  it("that we word ourselves is told as we word it", () => {
    const [module, file] = ["shop", "/mnt/extra-addons/shop/__manifest__.py"];
    expect(
      describeFailure({ exception: "bad manifest", message: "invalid syntax", module, file, line: 5 }),
    ).toBe("bad manifest: invalid syntax (module shop, /mnt/extra-addons/shop/__manifest__.py line 5)");
  });

  it("is told without what may be a customer's", () => {
    const raised = (last: string) => `Traceback (most recent call last):
  File "/mnt/extra-addons/shop/models.py", line 7, in confirm
    raise Something(customer)
${last}`;
    expect(words(raised("odoo.exceptions.UserError: Jane Doe has no address"))).toBe(
      "odoo.exceptions.UserError: [cut] (module shop, /mnt/extra-addons/shop/models.py line 7)",
    );
    expect(words(raised("KeyError: 'Jane Doe'"))).toMatch(/^KeyError: '\[cut\]' \(module shop/);
    expect(words(raised("KeyError: 'ir.http'"))).toMatch(/^KeyError: 'ir\.http' \(module shop/);
  });

  it("is the last one of several", () => {
    const one = (name: string) => `Traceback (most recent call last):
  File "/mnt/extra-addons/${name}/models.py", line 1, in <module>
    import ${name}_library
ModuleNotFoundError: No module named '${name}_library'`;
    expect(words(`${one("first")}\n2024-05-02 02:59:24,132 1 INFO odoo x: more \n${one("second")}`)).toBe(
      "ModuleNotFoundError: No module named 'second_library' (module second, /mnt/extra-addons/second/models.py line 1)",
    );
  });
});

describe("an end without a traceback", () => {
  it.each([
    ["sys.exit with words", "no licence for this server", "no licence for this server"],
    [
      "an option that cannot be read",
      `Usage: odoo [options]

odoo: error: option --workers: invalid integer value: 'two'`,
      "odoo: error: option --workers: invalid integer value: 'two'",
    ],
    [
      "a database that was waited for",
      `2024-05-02 02:59:16,491 1 INFO ? odoo.service.server: Hit CTRL-C again or send a second signal to force the shutdown. 
Database connection failure: FATAL:  password authentication failed for user "odoo"
`,
      'Database connection failure: FATAL:  password authentication failed for user "odoo"',
    ],
    [
      "an error of Odoo's",
      "2024-05-02 02:59:16,491 1 CRITICAL ? odoo.modules.module: Couldn't load module shop_notes",
      "Couldn't load module shop_notes",
    ],
  ])("is told by its last words: %s", (_, text, said) => {
    expect(words(text)).toBe(said);
  });

  it("is not told by what is only information", () => {
    expect(
      failureIn(`2024-05-02 02:59:03,636 1 INFO ? odoo: Odoo version 14.0 
2024-05-02 02:59:03,637 1 WARNING ? odoo.addons: something to know `),
    ).toBeUndefined();
    expect(failureIn("")).toBeUndefined();
  });
});

describe("the stacks of a hanging Odoo's threads", () => {
  // As Odoo prints them on SIGQUIT (odoo/tools/misc.py, dumpstacks).
  const thread = (name: string, file: string, line: number) => `
# Thread: <Thread(${name}, started daemon 139)> (db:odoo) (uid:2) (url:http://shop.example/web/login)
File: "/usr/lib/python3.9/threading.py", line 912, in _bootstrap
  self._bootstrap_inner()
File: "/usr/lib/python3/dist-packages/odoo/http.py", line 1263, in __call__
  return self.app(environ, start_wrapped)
File: "${file}", line ${line}, in web_login
  time.sleep(3600)
File: "/usr/lib/python3/dist-packages/odoo/sql_db.py", line 330, in execute
  res = self._obj.execute(query, params)`;

  it("name the place in an addon where most of them stand", () => {
    const stacks = [
      thread("one", "/mnt/extra-addons/shop_notes/controllers.py", 23),
      thread("two", "/mnt/extra-addons/shop_stock/models/stock.py", 7),
      thread("three", "/mnt/extra-addons/shop_notes/controllers.py", 23),
    ].join("\n");
    expect(whereThreadsStand(stacks)).toBe(
      "module shop_notes, /mnt/extra-addons/shop_notes/controllers.py line 23",
    );
  });

  it("name nothing where none stands in an addon", () => {
    expect(whereThreadsStand(thread("one", "/usr/lib/python3.9/socket.py", 1))).toBe("");
    expect(whereThreadsStand("")).toBe("");
  });
});

describe("whatever stands in a log", () => {
  it("reading it ends, and gives words of a decent length", () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "Traceback (most recent call last):",
        '  File "/mnt/extra-addons/a/b.py", line 3, in x',
        'File "<unknown>", line 5',
        "ValueError: no - - -",
        "ValueError",
        "During handling of the above exception, another exception occurred:",
      ),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const failure = failureIn(lines.join("\n"));
        expect(failure?.message.length ?? 0).toBeLessThanOrEqual(300);
        if (failure?.file === undefined) expect(failure?.line).toBeUndefined();
      }),
    );
  });
});

describe("the lines of a container's log", () => {
  const looked = survey({
    log: [logged(100, "old"), "not stamped at all", logged(10, "new 1\nnew 2"), logged(5, "")].join("\n"),
  });

  it("begin at the time that is asked for, by Docker's stamps, in their order", () => {
    expect(logSince(looked, "odoo-ce-odoo-id", stamp(10)).map(({ text }) => text)).toEqual([
      "new 1",
      "new 2",
      "",
    ]);
    expect(logSince(looked, "odoo-ce-odoo-id", stamp(1_000)).map(({ text }) => text)[0]).toBe("old");
  });

  it("are none of a container whose log was not seen", () => {
    expect(logSince(looked, "another", stamp(1_000))).toEqual([]);
  });
});
