/**
 * Paths of the host that programs name. In the sandbox each of them lies in its folder, as it would under chroot(1),
 * which needs root and another system's files. So the product needs no word about sandboxes, least of all a variable by
 * which a login could move its own lease.
 */

/** What begins with one of these is redirected. */
const PLACES = [
  "/dev/shm",
  "/etc/docker",
  "/etc/nginx",
  "/etc/systemd/system",
  "/opt/",
  "/proc/",
  "/run/docker.pid",
  "/run/droplet-",
  "/run/odoo-recover",
  "/run/systemd/system",
  "/var/lib/droplet",
  "/var/lib/odoo-recover",
  "/var/log/dpkg.log",
  "/var/log/nginx",
];

const PATTERN = PLACES.map((place) => place.replaceAll(".", "\\.")).join("|");

/**
 * A program for `sed -E` that redirects whatever program it reads. What names the folder already (it saw such a path in
 * an answer before) stays as it is: it is taken off, then put on.
 */
export function redirection(folder: string): string {
  return [
    `s|${folder}/|/|g`,
    `s#(${PATTERN})#${folder}\\1#g`,
    // The shell has a kill of its own, which looks into no folder.
    `s#(^|[^[:alnum:]/])kill -(CONT|QUIT) #\\1${folder}/bin/kill -\\2 #g`,
    "",
  ].join("\n");
}

/** The same for text that a stand-in prints: whoever reads it must find what it names. */
export function redirected(text: string, folder: string): string {
  return text.replaceAll(new RegExp(PATTERN, "g"), `${folder}$&`);
}
