#!/usr/bin/perl
# Stands for util-linux's setsid, which macOS lacks: setsid COMMAND...
use strict;
use warnings;
use POSIX ();

# The leader of a process group cannot begin a session.
if (getpgrp() == $$) {
    my $child = fork() // die "setsid: $!\n";
    exit 0 if $child;
}
POSIX::setsid();
exec { $ARGV[0] } @ARGV or die "setsid: $ARGV[0]: $!\n";
