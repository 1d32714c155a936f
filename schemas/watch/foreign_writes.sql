-- Triggers that say who else wrote to the target: on every table of schemas rba and mirror that belongs to the role
-- that runs this. Run it as rba_owner for rba and as selaras_applier for mirror, as often as one likes: again whenever
-- a table was added. Ours are the sessions of role selaras_applier that carry the applier's name; theirs cost nothing
-- but the look at both.
--
-- Enabled ALWAYS: session_replication_role = replica does not get around them. The table's owner can disable them; the
-- replication slot beside them finds what is written meanwhile, but can't say by whom.
DO $watch$
DECLARE
  home    text;
  name    text;
  columns text;
BEGIN
  PERFORM pg_advisory_xact_lock(71710002);  -- the slice's lock: none of ours holds a lock on one of the tables now
  FOR home IN
    SELECT DISTINCT relnamespace::regnamespace::text FROM pg_class
    WHERE relnamespace::regnamespace::text IN ('rba', 'mirror') AND relkind IN ('r', 'p')
      AND relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
  LOOP
    EXECUTE format($ddl$
CREATE OR REPLACE FUNCTION %I.note_foreign_write() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  rows jsonb[];
BEGIN
  -- Whoever writes must not fail because the log is not there yet; that it is missing is told by the watch.
  IF NOT EXISTS (
    SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'selaras' AND c.relname = 'foreign_write'
      AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'INSERT')
  ) THEN
    RETURN NULL;
  END IF;
  IF TG_OP IN ('UPDATE', 'DELETE') THEN
    rows := rows || to_jsonb(OLD);
  END IF;
  IF TG_OP IN ('INSERT', 'UPDATE') THEN
    rows := rows || to_jsonb(NEW);
  END IF;
  -- One line a transaction and key, whatever it did to it. No key at all stands for the whole table.
  INSERT INTO selaras.foreign_write
    (tx, schema_name, table_name, key, operation, user_name, application, address, seen_by)
  SELECT pg_current_xact_id()::text::bigint, TG_TABLE_SCHEMA, TG_TABLE_NAME, key, TG_OP, session_user,
    current_setting('application_name'), host(inet_client_addr()), 'trigger'
  FROM (
    SELECT DISTINCT (
      SELECT string_agg(coalesce(r ->> c, ''), '|' ORDER BY place)
      FROM unnest(TG_ARGV) WITH ORDINALITY AS k(c, place)
    ) FROM unnest(coalesce(rows, ARRAY[NULL::jsonb])) AS r
  ) AS found(key)
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$body$
    $ddl$, home);
    EXECUTE format('REVOKE ALL ON FUNCTION %I.note_foreign_write() FROM PUBLIC', home);
    FOR name IN
      SELECT relname FROM pg_class
      WHERE relnamespace = to_regnamespace(home) AND relkind IN ('r', 'p') AND NOT relispartition
        AND relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
      ORDER BY relname
    LOOP
      -- Rows that are told apart by their content alone are known by the business number that they belong to.
      SELECT string_agg(quote_literal(CASE WHEN a.attname = '_content' THEN 'nib' ELSE a.attname END), ', ' ORDER BY k.place)
      INTO columns
      FROM pg_index AS i
      CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
      JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
      WHERE i.indisprimary AND i.indrelid = format('%I.%I', home, name)::regclass;
      EXECUTE format(
        'CREATE OR REPLACE TRIGGER note_foreign_row AFTER INSERT OR UPDATE OR DELETE ON %1$I.%2$I FOR EACH ROW'
        ' WHEN (session_user <> %3$L OR left(current_setting(%4$L), 16) <> %5$L)'
        ' EXECUTE FUNCTION %1$I.note_foreign_write(%6$s)',
        home, name, 'selaras_applier', 'application_name', 'selaras applier ', columns);
      EXECUTE format(
        'CREATE OR REPLACE TRIGGER note_foreign_truncate AFTER TRUNCATE ON %1$I.%2$I FOR EACH STATEMENT'
        ' WHEN (session_user <> %3$L OR left(current_setting(%4$L), 16) <> %5$L)'
        ' EXECUTE FUNCTION %1$I.note_foreign_write()',
        home, name, 'selaras_applier', 'application_name', 'selaras applier ');
      EXECUTE format('ALTER TABLE %I.%I ENABLE ALWAYS TRIGGER note_foreign_row', home, name);
      EXECUTE format('ALTER TABLE %I.%I ENABLE ALWAYS TRIGGER note_foreign_truncate', home, name);
    END LOOP;
  END LOOP;
END $watch$;
