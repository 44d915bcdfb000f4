#!/bin/bash
# Every login speaks German: LANG, LC_ALL and LANGUAGE. The German locale itself is neither on the droplet nor in the
# images (as where a client's own LANG came along): what bash and perl say about that is on stderr of every login, and
# programs go on in English. The site is well.
# expected-cause: healthy
# symptom: proxy=200 asset=200 direct=200 odoo=running db=running page=login bundles=same

break_it() {
  cp --archive --no-clobber /etc/environment /etc/default/locale "$KEEP/"
  printf '%s\n' LANG=de_DE.UTF-8 LC_ALL=de_DE.UTF-8 LANGUAGE=de_DE:de | tee /etc/environment >/etc/default/locale
}

undo_it() {
  if [ -f "$KEEP/environment" ]; then cp --archive "$KEEP/environment" /etc/environment; fi
  if [ -f "$KEEP/locale" ]; then cp --archive "$KEEP/locale" /etc/default/locale; fi
}
