"""PostgreSQL on both sides."""
