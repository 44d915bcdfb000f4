-- What every transaction on the compiled bundles begins with. Values, as psql's variables: seconds (that it may wait for a lock).
\set ON_ERROR_STOP on
\set QUIET on
\pset tuples_only on
\pset format unaligned
\pset fieldsep ' '
begin;
select set_config('lock_timeout', :'seconds' || 's', true), set_config('statement_timeout', '120s', true),
  set_config('idle_in_transaction_session_timeout', '60s', true) as idle \gset
-- Whoever writes attachments waits for us, and we for whoever does; whoever reads them does not.
lock table ir_attachment in share row exclusive mode;
