// The addresses of compiled stylesheets and scripts, as Odoo 14 to 19 write them.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BundleUrl, bundleUrl, identityOf, nameOf, pathOf } from "../../src/diagnosis/bundle-url.ts";

/** As the source of each version builds it (addons/base/models/assetsbundle.py, get_asset_url). */
function written(url: BundleUrl): string {
  const site = url.website === undefined ? "" : `${url.website}/`;
  if (url.form === 17) {
    const more = `${url.rtl ? ".rtl" : ""}${url.autoprefixed ? ".autoprefixed" : ""}`;
    return `/web/assets/${site}${url.hash}/${url.bundle}${more}.min.${url.ext}`;
  }
  const folder = url.form === 14 ? "content" : "assets";
  const min = url.form === 14 ? "" : ".min";
  return `/web/${folder}/${url.id}-${url.hash}/${site}${url.rtl ? "rtl/" : ""}${url.bundle}${min}.${url.ext}`;
}

const anyBundleUrl: fc.Arbitrary<BundleUrl> = fc
  .record({
    form: fc.constantFrom(14, 15, 17),
    id: fc.integer({ min: 1, max: 9_999_999 }),
    hash: fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 7, maxLength: 7 }),
    website: fc.option(fc.integer({ min: 1, max: 99 }), { nil: undefined }),
    rtl: fc.boolean(),
    autoprefixed: fc.boolean(),
    bundle: fc
      .tuple(
        fc.constantFrom("web", "website", "point_of_sale", "shop_notes"),
        fc.constantFrom("assets_common", "assets_frontend_minimal_js", "_assets_pos", "report_assets_pdf"),
      )
      .map((parts) => parts.join(".")),
    ext: fc.constantFrom("css", "js", "xml"),
  })
  .map((url) => ({
    ...url,
    id: url.form === 17 ? undefined : url.id,
    autoprefixed: url.form === 17 && url.autoprefixed,
  }));

describe("a bundle's address", () => {
  it.each<readonly [string, Partial<BundleUrl>]>([
    [
      "/web/content/214-1f3a2bc/web.assets_common.css",
      { form: 14, id: 214, hash: "1f3a2bc", website: undefined, rtl: false, bundle: "web.assets_common" },
    ],
    ["/web/content/214-1f3a2bc/2/rtl/web.assets_common.css", { website: 2, rtl: true, ext: "css" }],
    [
      "/web/content/36-1031ff6/web.assets_common_minimal_js.js",
      { bundle: "web.assets_common_minimal_js", ext: "js" },
    ],
    [
      "/web/assets/301-ab12cd3/rtl/web.assets_frontend.min.css",
      { form: 15, id: 301, rtl: true, bundle: "web.assets_frontend" },
    ],
    [
      "/web/assets/1/ab12cd3/web.assets_frontend.rtl.min.css",
      { form: 17, id: undefined, website: 1, rtl: true, autoprefixed: false },
    ],
    ["/web/assets/1234567/web.assets_web.min.js", { form: 17, website: undefined, hash: "1234567" }],
    ["/web/assets/ab12cd3/web.assets_web.rtl.autoprefixed.min.css", { rtl: true, autoprefixed: true }],
    ["/web/assets/ab12cd3/2/rtl/web.assets_frontend.min.css", { form: 17, website: 2, rtl: true }],
    ["/web/assets/debug/web.assets_web.css", { form: 17, hash: "debug", bundle: "web.assets_web" }],
    ["/web/assets/ab12cd3/web.assets_web.js.map", { bundle: "web.assets_web", ext: "map" }],
  ])("is read: %s", (address, parts) => {
    expect(bundleUrl(address)).toMatchObject(parts);
  });

  it("is read back as it was written, with a host and a query or without", () => {
    const around = fc.tuple(
      fc.constantFrom("", "https://shop.example", "http://shop.example:8069", "//cdn.example"),
      fc.constantFrom("", "?debug=1", "#x", "?a=/b#c"),
    );
    fc.assert(
      fc.property(anyBundleUrl, around, (url, [host, query]) => {
        expect(bundleUrl(`${host}${written(url)}${query}`)).toEqual(url);
        expect(pathOf(`${host}${written(url)}${query}`)).toBe(written(url));
      }),
    );
  });

  it("keeps its identity when it is compiled anew, and shares it with no other bundle", () => {
    fc.assert(
      fc.property(anyBundleUrl, anyBundleUrl, (one, other) => {
        const anew = { ...one, hash: "0000000", id: one.id === undefined ? undefined : one.id + 1 };
        expect(identityOf(anew)).toBe(identityOf(one));
        const { form: _, id: __, hash: ___, ...same } = one;
        const { form: ____, id: _____, hash: ______, ...another } = other;
        expect(identityOf(one) === identityOf(other)).toBe(JSON.stringify(same) === JSON.stringify(another));
      }),
    );
  });

  it("is none of anything else, and nothing makes the reading fail", () => {
    for (const address of [
      "/web/static/src/js/boot.js",
      "/web/content/12-ab12cd3/logo.png",
      "/web/image/res.company/1/logo",
      "/web/assets/",
      "/shop_notes/static/src/css/notes.css",
      "",
    ])
      expect(bundleUrl(address)).toBeUndefined();
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl(), anyBundleUrl.map(written)), (address) => {
        expect(typeof nameOf(address)).toBe("string");
      }),
    );
  });

  it("has a name for people", () => {
    expect(nameOf("/web/content/214-1f3a2bc/2/rtl/web.assets_common.css")).toBe("web.assets_common.rtl.css");
    expect(nameOf("/web/assets/ab12cd3/web.assets_web.min.js")).toBe("web.assets_web.js");
    expect(nameOf("https://shop.example/shop/static/src/css/shop.css?v=2")).toBe(
      "/shop/static/src/css/shop.css",
    );
  });
});
