#!/bin/bash
# Runs once in the droplet's image while it is made: users, services, and what must not touch this machine's kernel.
set -euo pipefail

useradd --create-home --shell /bin/bash --groups docker,sudo deploy
chmod 440 /etc/sudoers.d/deploy
install -d -m 700 /root/.ssh
install -d -m 700 -o deploy -g deploy /home/deploy/.ssh
# Each droplet brings its own host keys, so that two droplets never share one.
rm -f /etc/ssh/ssh_host_*

chmod 755 /usr/local/sbin/droplet-init
rm -f /etc/nginx/sites-enabled/default
update-alternatives --set iptables /usr/sbin/iptables-nft >/dev/null
update-alternatives --set ip6tables /usr/sbin/ip6tables-nft >/dev/null

# A journal that survives a reboot, as on a real server.
mkdir -p /var/log/journal /etc/systemd/journald.conf.d

systemctl enable ssh.service nginx.service docker.service containerd.service cron.service no-egress.service
systemctl set-default multi-user.target
systemctl mask systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket \
  systemd-udev-trigger.service systemd-udev-settle.service systemd-sysctl.service systemd-modules-load.service \
  systemd-binfmt.service proc-sys-fs-binfmt_misc.automount proc-sys-fs-binfmt_misc.mount kmod-static-nodes.service \
  sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount \
  dev-hugepages.mount systemd-timesyncd.service systemd-networkd.service systemd-resolved.service \
  getty.target console-getty.service getty@tty1.service systemd-remount-fs.service \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer e2scrub_reap.service
: >/etc/machine-id
