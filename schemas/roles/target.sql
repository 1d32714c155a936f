-- Roles and grants of the target side. Runs before the tables exist, as superuser in database oss_rba, as often as one
-- likes. Passwords are set apart, so that none stands in a file of the repository.

DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['rba_owner', 'rba_app', 'rba_capture', 'selaras_applier', 'selaras_reader'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', role);
    END IF;
  END LOOP;
END $$;

ALTER ROLE rba_capture REPLICATION;

ALTER DATABASE oss_rba OWNER TO rba_owner;
REVOKE ALL ON DATABASE oss_rba FROM PUBLIC;
GRANT CONNECT ON DATABASE oss_rba TO rba_app, rba_capture, selaras_applier, selaras_reader;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

-- The schema of the new application, whoever of its tables comes first.
ALTER DEFAULT PRIVILEGES FOR ROLE rba_owner
  GRANT USAGE ON SCHEMAS TO rba_app, rba_capture, selaras_applier, selaras_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE rba_owner
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO rba_app, selaras_applier;
ALTER DEFAULT PRIVILEGES FOR ROLE rba_owner
  GRANT USAGE, SELECT ON SEQUENCES TO rba_app, selaras_applier;
ALTER DEFAULT PRIVILEGES FOR ROLE rba_owner
  GRANT SELECT ON TABLES TO rba_capture, selaras_reader;

-- The applier makes the schemas mirror and selaras, and marks its transactions with an origin.
GRANT CREATE ON DATABASE oss_rba TO selaras_applier;
ALTER DEFAULT PRIVILEGES FOR ROLE selaras_applier GRANT USAGE ON SCHEMAS TO selaras_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE selaras_applier GRANT SELECT ON TABLES TO selaras_reader;
GRANT EXECUTE ON FUNCTION pg_replication_origin_create(text), pg_replication_origin_session_setup(text),
  pg_replication_origin_session_reset(), pg_replication_origin_session_is_setup() TO selaras_applier;

-- The reader sees the state of replication.
GRANT pg_monitor TO selaras_reader;

-- The watch over foreign writes has the server make marks from which the log can be read on.
GRANT EXECUTE ON FUNCTION pg_log_standby_snapshot() TO rba_capture;
