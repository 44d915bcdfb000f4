/**
 * A `docker` in front of the droplet's real one: it counts how often a container was started or Compose was told to bring
 * one up, and does something more at that moment. It lets a test act in the middle of a step, on any machine, at the right time.
 */

import type { Droplet } from "../droplet.ts";

/**
 * @param before shell commands that run on the droplet before a container is started
 * @param after … and after
 */
export async function putShim(
  droplet: Droplet,
  { before = ":", after = ":" }: { before?: string; after?: string },
): Promise<void> {
  await droplet.script(`
    : >/root/ups
    cat >/usr/local/sbin/docker <<'SH'
#!/bin/sh
case " $* " in
  *" compose "*" up "* | " start "*)
    echo "$*" >>/root/ups
    ${before}
    /usr/bin/docker "$@"
    status=$?
    ${after}
    exit $status
    ;;
esac
exec /usr/bin/docker "$@"
SH
    chmod 755 /usr/local/sbin/docker`);
}

/** How often a container was started or brought up since the shim was put there. */
export async function timesBroughtUp(droplet: Droplet): Promise<number> {
  return Number(await droplet.script("cat /root/ups 2>/dev/null | wc -l"));
}

export async function takeShimAway(droplet: Droplet): Promise<void> {
  await droplet.script("rm -f /usr/local/sbin/docker /root/ups");
}
