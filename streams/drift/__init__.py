"""The pure core of drift: differences, verdicts, causes, the life of a ledger entry, coverage."""
