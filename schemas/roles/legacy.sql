-- Roles and grants of the legacy side. Runs before the tables exist, as superuser in database oss_v1, as often as one
-- likes. Passwords are set apart, so that none stands in a file of the repository.

DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['oss_owner', 'oss_capture', 'oss_app', 'selaras_reverse', 'selaras_reader'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', role);
    END IF;
  END LOOP;
END $$;

ALTER ROLE oss_capture REPLICATION;

ALTER DATABASE oss_v1 OWNER TO oss_owner;
REVOKE ALL ON DATABASE oss_v1 FROM PUBLIC;
GRANT CONNECT ON DATABASE oss_v1 TO oss_capture, oss_app, selaras_reverse, selaras_reader;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO oss_capture, oss_app, selaras_reverse, selaras_reader;

-- The tables of the application.
ALTER DEFAULT PRIVILEGES FOR ROLE oss_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO oss_app, selaras_reverse;
ALTER DEFAULT PRIVILEGES FOR ROLE oss_owner IN SCHEMA public
  GRANT USAGE, SELECT ON SEQUENCES TO oss_app, selaras_reverse;
ALTER DEFAULT PRIVILEGES FOR ROLE oss_owner IN SCHEMA public
  GRANT SELECT ON TABLES TO oss_capture, selaras_reader;

-- Heartbeat and signal table: the connector writes them.
CREATE SCHEMA IF NOT EXISTS selaras AUTHORIZATION oss_owner;
GRANT USAGE ON SCHEMA selaras TO oss_capture, selaras_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE oss_owner IN SCHEMA selaras
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO oss_capture;
ALTER DEFAULT PRIVILEGES FOR ROLE oss_owner IN SCHEMA selaras
  GRANT SELECT ON TABLES TO selaras_reader;

-- What the reverse applier writes carries an origin, so that its echo can be told apart.
GRANT EXECUTE ON FUNCTION pg_replication_origin_create(text), pg_replication_origin_session_setup(text),
  pg_replication_origin_session_reset(), pg_replication_origin_session_is_setup() TO selaras_reverse;

-- The reader sees the state of replication.
GRANT pg_monitor TO selaras_reader;
