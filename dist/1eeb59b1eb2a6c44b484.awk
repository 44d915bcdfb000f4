# nginx's access log -> how the site did, minute by minute. Prints `first=TIME`, `last=TIME`, `lastgood=TIME` (of the last
# page handed out), `firstbad=TIME` (of the first 5xx since), `lines=`, `known=`, then `minute TIME TOTAL BAD FLIPS` for
# the last 120 minutes that had any. TIME is as in the log: 24/Nov/2026:02:47:13 +0000.
# Our own requests do not count. Files that nginx hands out itself (/static/) say nothing about Odoo.
{
  lines++
  if (index($0, "\"odoo-recover\"")) next
  if (!match($0, /\[[0-9][0-9]\/[A-Z][a-z][a-z]\/[0-9][0-9][0-9][0-9]:[0-9][0-9]:[0-9][0-9]:[0-9][0-9] [+-][0-9][0-9][0-9][0-9]\]/)) next
  time = substr($0, RSTART + 1, RLENGTH - 2)
  rest = substr($0, RSTART + RLENGTH)
  if (!match(rest, /" [1-5][0-9][0-9] /)) next
  code = substr(rest, RSTART + 2, 3) + 0
  known++
  if (first == "") first = time
  last = time
  minute = substr(time, 1, 17) ":00" substr(time, 21)
  # Workers that buffer their lines write them out of order.
  if (!(minute in total)) order[++count] = minute
  total[minute]++
  if (code >= 500) {
    bad[minute]++
    if (firstbad == "") firstbad = time
    if (was == "good") flips[minute]++
    was = "bad"
  } else if ((code < 300 || code == 303) && !index(rest, "/static/")) {
    lastgood = time
    firstbad = ""
    was = "good"
  }
}
END {
  print "first=" first
  print "last=" last
  print "lastgood=" lastgood
  print "firstbad=" firstbad
  print "lines=" lines + 0
  print "known=" known + 0
  for (i = (count > 120 ? count - 119 : 1); i <= count; i++)
    print "minute " order[i] " " total[order[i]] + 0 " " bad[order[i]] + 0 " " flips[order[i]] + 0
}
