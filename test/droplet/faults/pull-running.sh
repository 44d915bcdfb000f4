#!/bin/bash
# Somebody stopped Odoo and pulls a new image of it. The registry (a stand-in on 127.0.0.1:5000, which the shell's
# ODOO_IMAGE names) has answered that it is there, and nothing more. It hangs up after 120 s, or once the file
# $KEEP/go-on is there; the pull then fails, and Odoo stays stopped.
# expected-cause: in-progress
# symptom: proxy=502 asset=502 direct=refused odoo=exited db=running drift=none work=pull

break_it() {
  dc stop "$ODOO_SERVICE"
  in_background pull
  wait_for 30 grep -q manifests "$KEEP/registry"
}
pull() {
  registry &
  ODOO_IMAGE=127.0.0.1:5000/odoo-prod:14 dc pull "$ODOO_SERVICE" || true
  wait
}
# Docker asks by TLS first, which gets the 400, and then for /v2/ without it.
registry() {
  GO_ON="$KEEP/go-on" perl -MIO::Socket::INET -MIO::Select -e '
    my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 5000, Listen => 9, ReuseAddr => 1) or die $!;
    my ($sockets, $end) = (IO::Select->new($server), time + 120);
    $| = 1;
    while (time < $end && !-e $ENV{GO_ON}) {
      for my $socket ($sockets->can_read(0.2)) {
        if ($socket == $server) { $sockets->add($server->accept); next }
        sysread($socket, my $asked, 65536) or do { $sockets->remove($socket); close $socket; next };
        if ($asked =~ m{^GET /v2/ }) {
          syswrite $socket, "HTTP/1.1 200 OK\r\nDocker-Distribution-Api-Version: registry/2.0\r\nContent-Length: 2\r\n\r\n{}";
        } elsif ($asked =~ m{^[A-Z]+ (\S+)}) {
          print "$1\n";
        } else {
          syswrite $socket, "HTTP/1.0 400 Bad Request\r\n\r\n";
          $sockets->remove($socket);
          close $socket;
        }
      }
    }' >"$KEEP/registry"
}

undo_it() {
  end_background
  start_stack
}
