-- Reads back what wipe.sql printed: its lines follow this file, then `\.`. begin.sql stands in front of it.
create temporary table saved (line json not null) on commit drop;
copy saved from stdin;
