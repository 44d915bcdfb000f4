# Makes a booted droplet with the template's volume the one that its parameters describe, and remembers its healthy
# state: files of the project, of nginx and of the users, and the fingerprint that a reset must reach again.
# shellcheck shell=bash

chown -R deploy:docker "$DIRECTORY"
chown -R deploy:deploy /home/deploy/.ssh
# Odoo's user in the container must be able to read its configuration; the secrets are the group's.
chmod 755 "$DIRECTORY" "$DIRECTORY/config" "$DIRECTORY/addons"
chmod 640 "$DIRECTORY/.env"
ln -sf ../sites-available/odoo /etc/nginx/sites-enabled/odoo
systemctl reload-or-restart nginx
usermod --shell "$LOGIN_SHELL" deploy
# sudo leaves this at its first use; on a server in use it is there.
install -o deploy -g deploy -m 644 /dev/null /home/deploy/.sudo_as_admin_successful

restore_everything
take_snapshot
fingerprint >"$STATE/baseline"
