"""The one floor that knows everybody: settings in, services out; one file a stage."""
