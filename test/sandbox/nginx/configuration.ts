/** nginx's configuration, as far as `nginx -t` and a request through it need it. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";

export interface Directive {
  readonly words: readonly string[];
  readonly inner: readonly Directive[];
}

export interface Configuration {
  /** Every file that was read, as `nginx -T` prints them. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly directives: readonly Directive[];
}

/** What nginx says of a configuration that it does not take. */
export class ConfigurationError extends Error {}

/** The directives that Debian's nginx.conf and the project's site use; nginx knows some hundreds. */
const KNOWN = new Set(
  `access_log client_max_body_size default_type error_log events gzip http include load_module listen location
  multi_accept pid proxy_connect_timeout proxy_http_version proxy_next_upstream proxy_pass proxy_read_timeout
  proxy_redirect proxy_send_timeout proxy_set_header return root sendfile server server_name server_tokens
  ssl_prefer_server_ciphers ssl_protocols tcp_nodelay tcp_nopush types types_hash_max_size upstream user
  worker_connections worker_processes`.split(/\s+/),
);

/**
 * @param root the folder in which the host's files lie
 * @throws ConfigurationError with nginx's words, paths as on the host
 */
export function readConfiguration(root: string, path = "/etc/nginx/nginx.conf"): Configuration {
  const files: { path: string; text: string }[] = [];
  const read = (file: string, within: string): Directive[] => {
    const real = join(root, file);
    if (!existsSync(real)) {
      throw new ConfigurationError(`open() "${file}" failed (2: No such file or directory)`);
    }
    const text = readFileSync(real, "utf8");
    files.push({ path: file, text });
    return directivesIn(text, file, within, (pattern, where) =>
      matching(root, isAbsolute(pattern) ? pattern : join(dirname(path), pattern)).flatMap((each) =>
        read(each, where),
      ),
    );
  };
  return { directives: read(path, ""), files };
}

/** The files that an `include` names, in order. */
function matching(root: string, pattern: string): string[] {
  if (!pattern.includes("*")) return [pattern];
  const folder = dirname(pattern);
  const [before = "", after = ""] = pattern.slice(folder.length + 1).split("*");
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder))
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .sort()
    .map((name) => join(folder, name));
}

function directivesIn(
  text: string,
  file: string,
  within: string,
  include: (pattern: string, within: string) => Directive[],
): Directive[] {
  const tokens = [...text.matchAll(/#[^\n]*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[{};]|[^\s{};"'#]+/g)]
    .map((match) => ({ word: match[0], line: text.slice(0, match.index).split("\n").length }))
    .filter(({ word }) => !word.startsWith("#"));
  let at = 0;
  const block = (around: string): Directive[] => {
    const found: Directive[] = [];
    let words: string[] = [];
    for (; at < tokens.length; at++) {
      const { word, line } = tokens[at] ?? { word: "", line: 0 };
      if (word === "}") return found;
      if (word !== ";" && word !== "{") {
        words.push(/^["']/.test(word) ? word.slice(1, -1) : word);
        continue;
      }
      const [name = ""] = words;
      if (around !== "types" && !KNOWN.has(name)) {
        throw new ConfigurationError(`unknown directive "${name}" in ${file}:${line}`);
      }
      if (word === "{") {
        at++;
        found.push({ words, inner: block(name) });
      } else if (name === "include") {
        found.push(...include(words[1] ?? "", around));
      } else {
        found.push({ words, inner: [] });
      }
      words = [];
    }
    return found;
  };
  return block(within);
}

export function find(directives: readonly Directive[], name: string): Directive[] {
  return directives.filter(({ words }) => words[0] === name);
}

/** The words after a directive's name, of the last one there is. */
export function wordsOf(directives: readonly Directive[], name: string): readonly string[] | undefined {
  return find(directives, name).at(-1)?.words.slice(1);
}
