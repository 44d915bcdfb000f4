#!/bin/sh
# Stands for psql in the database's container: hands a statement over, from its arguments or from stdin.
case " $* " in
  *' -c '*) exec "$SANDBOX/lib/psql" "$@" ;;
  *) exec "$SANDBOX/lib/psql" "$@" -c "$(cat)" ;;
esac
