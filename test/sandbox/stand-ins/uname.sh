#!/bin/sh
# Stands for uname: the host is a Linux called droplet, whatever this machine is.
case $* in
  '' | -s) echo Linux ;;
  -n) echo droplet ;;
  *) echo "uname $*: not known in the sandbox" >&2; exit 1 ;;
esac
