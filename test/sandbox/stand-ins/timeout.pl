#!/usr/bin/perl
# Stands for coreutils' timeout, which macOS lacks: timeout [-k SECONDS] SECONDS COMMAND... As there: the command runs in
# a process group that gets the signals as a whole; 124 when the time was over, 125 for a mistake of the caller's, 126 and
# 127 for a command that cannot be started, 137 when only SIGKILL ended it.
use strict;
use warnings;
use POSIX ();

my $kill_after = 0;
if (@ARGV && $ARGV[0] eq '-k') { shift @ARGV; $kill_after = shift @ARGV; }
my $seconds = shift @ARGV;
unless (@ARGV && $seconds =~ /^\d+$/ && $kill_after =~ /^\d+$/) { print STDERR "timeout: bad usage\n"; exit 125; }

setpgrp(0, 0);
my $child = fork() // die "timeout: $!\n";
if (!$child) {
    $SIG{TTIN} = $SIG{TTOU} = 'DEFAULT';
    no warnings 'exec';
    exec { $ARGV[0] } @ARGV;
    print STDERR "timeout: $ARGV[0]: $!\n";
    POSIX::_exit($!{ENOENT} ? 127 : 126);
}

my $over = 0;
# Sends a signal to the command, then to its whole group, in which this process ignores it.
sub pass_on {
    my ($signal) = @_;
    kill $signal, $child;
    if ($signal ne 'KILL') { $SIG{$signal} = 'IGNORE'; kill $signal, 0; }
    if ($kill_after) { alarm $kill_after; $SIG{ALRM} = sub { kill 'KILL', $child; kill 'KILL', 0; }; }
}
$SIG{ALRM} = sub { $over = 1; pass_on('TERM'); };
for my $name (qw(TERM INT HUP QUIT)) { $SIG{$name} = sub { pass_on($name); }; }
alarm $seconds;
1 while waitpid($child, 0) == -1 && $!{EINTR};
my $status = $?;
my $signal = $status & 127;
if ($signal == 9) { exit 137; }
exit 124 if $over;
exit($signal ? 128 + $signal : $status >> 8);
