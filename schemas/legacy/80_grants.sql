-- The owner owns, the applications write rows, capture and the checks read.
GRANT USAGE ON SCHEMA public TO oss_app, selaras_reverse, oss_capture, selaras_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO oss_app, selaras_reverse;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO oss_app, selaras_reverse;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO oss_capture, selaras_reader;
