-- What PostgreSQL is doing, as one JSON object. Literals in statements may be customers' data: whoever
-- reads this leaves them out.
select json_build_object(
  'version', current_setting('server_version'),
  'recovering', pg_is_in_recovery(),
  'connections', (select count(*) from pg_stat_activity where backend_type = 'client backend'),
  'most', current_setting('max_connections')::int,
  'sessions', (
    select coalesce(json_agg(json_build_object(
        'pid', pid, 'database', datname, 'application', application_name, 'address', host(client_addr), 'state', state,
        'waits', wait_event_type, 'seconds', extract(epoch from clock_timestamp() - xact_start)::int,
        'blockedBy', pg_blocking_pids(pid),
        'statement', left(regexp_replace(query, '\s+', ' ', 'g'), 1000))
      order by xact_start), '[]'::json)
    from (select * from pg_stat_activity
      where backend_type = 'client backend' and pid <> pg_backend_pid() and state <> 'idle'
      order by xact_start limit 60) as session))
