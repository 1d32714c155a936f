"""What happened in the legacy database, as values."""
