-- What capture needs inside the legacy database, apart from the application's tables.
CREATE SCHEMA IF NOT EXISTS selaras;

-- One row, moved on by the connector's heartbeat: keeps slot and offsets going while the application rests,
-- and its arrival in the target is the lag from end to end.
CREATE TABLE selaras.heartbeat (
  id   int         PRIMARY KEY,
  beat timestamptz NOT NULL
);
ALTER TABLE selaras.heartbeat REPLICA IDENTITY FULL;

-- Signals to the connector: rows to read again, and the watermarks of such a read.
CREATE TABLE selaras.signal (
  id   text PRIMARY KEY,
  type text NOT NULL,
  data text NULL
);
ALTER TABLE selaras.signal REPLICA IDENTITY FULL;

GRANT USAGE ON SCHEMA selaras TO oss_capture, selaras_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON selaras.heartbeat, selaras.signal TO oss_capture;
GRANT SELECT ON selaras.heartbeat, selaras.signal TO selaras_reader;
