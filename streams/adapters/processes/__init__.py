"""The local stack as child processes."""
