"""How legacy rows become rows of the new database: declarations, rules, outcomes."""
