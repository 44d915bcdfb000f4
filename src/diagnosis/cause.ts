/** Why a site is as it is. */

/** Every cause, with what it means for a person. The order of their finding is in causes/index.ts. */
export const CAUSES = {
  healthy: "every layer is good",
  "in-progress": "somebody is at work: an update, a restore, a deploy, a boot",
  intermittent: "it works now, and failed again and again lately",
  "docker-down": "the Docker daemon does not answer",
  "disk-full": "a file system that matters is full",
  "inodes-full": "a file system that matters can hold no more files",
  "stack-down": "neither Odoo nor the database runs",
  "database-down": "PostgreSQL does not run",
  "database-starting": "PostgreSQL starts or recovers, and lets nobody in yet",
  "database-unreachable": "PostgreSQL runs, and Odoo cannot use it",
  "database-locked": "Odoo waits for a lock that somebody else's session holds",
  "odoo-absent": "Odoo has no container",
  "odoo-stopped": "Odoo's container does not run",
  "odoo-out-of-memory": "Odoo was killed for want of memory",
  "odoo-crash-loop": "Odoo ends at each start, and Docker starts it again",
  "odoo-frozen": "Odoo runs, and answers nothing",
  "odoo-not-listening": "Odoo runs, and nothing listens on its port",
  "port-mapping-missing": "Odoo answers inside of its container, and its port is not on the host",
  "odoo-unhealthy": "Odoo answers, but not with its login page",
  "filestore-unreadable": "Odoo may not read its own files",
  "filestore-missing": "Odoo's files are gone, or not where it looks for them",
  "assets-missing": "compiled stylesheets and scripts are in the database and not in the filestore",
  "assets-corrupt": "files of compiled stylesheets and scripts are not what they were",
  "assets-poisoned": "stylesheets or scripts were compiled with an error in them",
  "assets-stale": "the pages ask for stylesheets and scripts that are no more",
  "assets-proxy": "Odoo's stylesheets and scripts are good, and the proxy spoils them",
  "assets-broken": "stylesheets or scripts are bad, for no reason of the above",
  "nginx-down": "nginx does not run",
  "nginx-config-invalid": "nginx's configuration does not parse",
  "nginx-elsewhere": "nginx sends requests to where Odoo is not",
  "redirect-loop": "the site sends browsers round in a circle",
  "public-unreachable": "the site is good on the host, and not from outside",
  "host-unreachable": "the host does not answer, or does not let us in",
  "ambiguous-target": "there are several candidates, and we must not choose",
  "other-topology": "Odoo is not run by Compose here",
  unknown: "the cause is not known",
} as const;

export type Cause = keyof typeof CAUSES;

/**
 * What to do about a cause, for a page that everybody can read: our own fixed words, with no name, path or address of the
 * host. Empty where there is nothing to do.
 */
export const CAREFUL_NEXT: Readonly<Record<Cause, string>> = {
  healthy: "",
  "in-progress": "Wait until the other operation has ended, then run again. It is never interrupted.",
  intermittent: "Read Odoo's log from before each restart, and nginx's error log.",
  "docker-down": "Start the Docker daemon, and read its journal for why it went down.",
  "disk-full": "Free space on the file system that is full, then run again.",
  "inodes-full": "Find the folder with very many small files, remove those that are old, then run again.",
  "stack-down": "Read the containers' logs on the droplet, then start the stack.",
  "database-down": "Read the database's log on the droplet. Never start it on an empty volume.",
  "database-starting": "Wait: recovery after a crash may take minutes, and interrupting it does harm.",
  "database-unreachable":
    "Compare Odoo's user, password, host and database name with what PostgreSQL knows, and count its connections.",
  "database-locked": "Find the session that holds the lock, and ask its owner to end it.",
  "odoo-absent": "Check the compose project on the droplet: the service of Odoo has no container.",
  "odoo-stopped": "Read Odoo's log on the droplet for why it stopped, then start it.",
  "odoo-out-of-memory": "Give Odoo more memory, or let it use less (`workers`, `limit_memory_hard`).",
  "odoo-crash-loop": "Read Odoo's log on the droplet, fix the error that it names, then restart Odoo.",
  "odoo-frozen": "Read what Odoo's threads and the database's sessions wait for, then restart Odoo.",
  "odoo-not-listening":
    "Compare Odoo's port and interface in its configuration with what the proxy asks for.",
  "port-mapping-missing": "Compare the ports in the compose file with those that Odoo's container publishes.",
  "odoo-unhealthy": "Read Odoo's log on the droplet, and fix the error that it names.",
  "filestore-unreadable": "Give Odoo's files back to the user that Odoo runs as. Delete nothing before that.",
  "filestore-missing":
    "Check Odoo's data directory and the volume below it first; then restore the filestore from its backup.",
  "assets-missing": "Have Odoo compile its stylesheets and scripts again.",
  "assets-corrupt":
    "Move the damaged files of compiled bundles aside, have Odoo compile them again, and check the disk.",
  "assets-poisoned": "Fix the source that does not compile, then have Odoo compile it again.",
  "assets-stale": "Restart Odoo once, so that it forgets the pages that it has rendered.",
  "assets-proxy":
    "Check the proxy's rules for static files and its cache, test its configuration, then reload it.",
  "assets-broken": "Read Odoo's log for the stylesheets and scripts that fail to load.",
  "nginx-down": "Test nginx's configuration, then start nginx.",
  "nginx-config-invalid": "Fix nginx's configuration, test it with `nginx -t`, then start or reload nginx.",
  "nginx-elsewhere": "Point nginx at Odoo's address, test its configuration with `nginx -t`, then reload it.",
  "redirect-loop": "Find the redirect that leads to its own address: in the proxy, the CDN, or Odoo.",
  "public-unreachable": "Check DNS, the provider's firewall, the certificate, and the CDN or load balancer.",
  "host-unreachable": "Check the droplet on the provider's console, and the inputs of the connection.",
  "ambiguous-target": "Name the target with `directory`, `compose_file`, `odoo_service` or `db_service`.",
  "other-topology": "This action works on an Odoo that `docker compose` runs. Fix this one by hand.",
  unknown: "Check the site and its logs by hand.",
};
