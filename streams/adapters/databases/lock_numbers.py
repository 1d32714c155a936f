"""The numbers of our advisory locks, all in one place: two uses of one number would wait for each other for ever."""

UPGRADE = 71_710_001  # one upgrade of our own schemas at a time
SLICE = 71_710_002  # one slice, the whole database: writers share it, a switch or new rules take it alone
RECOMPUTE = 71_710_005  # who computes everything again
LEDGER = 71_710_007  # whoever writes to the ledger is alone, so that an entry is read and written in one piece
MONITOR = 71_710_008  # who watches over drift
