#!/usr/bin/perl
# Stands for util-linux's flock, which macOS lacks, in the one form that we use: flock -w SECONDS DESCRIPTOR. The lock
# belongs to the open file, which the shell that called us keeps open.
use strict;
use warnings;
use Fcntl qw(:flock);

my ($option, $seconds, $descriptor) = @ARGV;
die "flock: only -w SECONDS DESCRIPTOR\n" unless @ARGV == 3 && $option eq '-w';
open(my $file, '>&=', $descriptor) or die "flock: $descriptor: $!\n";
my $deadline = time + $seconds;
until (flock($file, LOCK_EX | LOCK_NB)) {
    exit 1 if time >= $deadline;
    select(undef, undef, undef, 0.05);
}
