/** The addresses of compiled stylesheets and scripts, which every version of Odoo writes in its own way. */

export interface BundleUrl {
  /** The first version that writes it so: 14; 15, and 16; 17, and later. */
  readonly form: 14 | 15 | 17;
  /** Of the row in ir_attachment; from 17 on an address has none. */
  readonly id: number | undefined;
  /** Over the list of the bundle's files and their times; `any` and `debug` are what developers ask for. */
  readonly hash: string;
  readonly website: number | undefined;
  /** For a language that is written from right to left. */
  readonly rtl: boolean;
  readonly autoprefixed: boolean;
  /** `web.assets_frontend` */
  readonly bundle: string;
  readonly ext: "css" | "js" | "xml" | "map";
}

/** Up to 16: `/web/content/214-1f3a2bc/2/rtl/web.assets_common.css`, from 15 on below `/web/assets/`. */
const WITH_ID = /^\/web\/(content|assets)\/(\d+)-([0-9a-f]{7})\/(?:(\d+)\/)?(rtl\/)?([^/]+)$/;
/** From 17 on: `/web/assets/2/1f3a2bc/web.assets_frontend.rtl.min.css`; just before that, with `2/rtl/` behind the hash. */
const WITHOUT_ID = /^\/web\/assets\/(?:(\d+)\/)?([0-9a-f]{7}|any|debug)\/(?:(\d+)\/)?(rtl\/)?([^/]+)$/;
const NAME = /^(\w+(?:\.[\w-]+)+?)(\.rtl)?(\.autoprefixed)?(?:\.min)?\.(css|js|xml)(\.map)?$/;

/** @returns undefined for what is no bundle: a module's own file, a picture */
export function bundleUrl(address: string): BundleUrl | undefined {
  const path = pathOf(address);
  const [, folder, id, oldHash, oldWebsite, oldRtl, oldFile] = WITH_ID.exec(path) ?? [];
  const [, newWebsite, newHash, website16, rtl16, newFile] = WITHOUT_ID.exec(path) ?? [];
  const [, bundle, rtl, autoprefixed, ext, map] = NAME.exec(oldFile ?? newFile ?? "") ?? [];
  const hash = oldHash ?? newHash;
  if (bundle === undefined || hash === undefined) return undefined;
  const website = oldWebsite ?? newWebsite ?? website16;
  return {
    form: id === undefined ? 17 : folder === "content" ? 14 : 15,
    id: id === undefined ? undefined : Number(id),
    hash,
    website: website === undefined ? undefined : Number(website),
    rtl: (oldRtl ?? rtl16 ?? rtl) !== undefined,
    autoprefixed: autoprefixed !== undefined,
    bundle,
    ext: map === undefined ? (ext as BundleUrl["ext"]) : "map",
  };
}

/** Without host, query and fragment. */
export function pathOf(address: string): string {
  return address.replace(/^(?:https?:)?\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "");
}

/** What stays the same when a bundle is compiled anew. */
export function identityOf({ bundle, website, rtl, autoprefixed, ext }: BundleUrl): string {
  return [bundle, website ?? "", rtl ? "rtl" : "", autoprefixed ? "autoprefixed" : "", ext].join("|");
}

/** For people: `web.assets_frontend.css`; of what is no bundle the path. */
export function nameOf(address: string): string {
  const url = bundleUrl(address);
  return url === undefined ? pathOf(address) : `${url.bundle}${url.rtl ? ".rtl" : ""}.${url.ext}`;
}
