"""The collector of reference cycles, set for a process that makes millions of short-lived rows and hardly any cycle."""

import gc

YOUNG = 50_000  # new objects between two looks at the youngest; 700 by default, several times a batch


def quiet_collector() -> None:
    """Call it once everything long-lived is made: that is never looked at again, and the rest seldom.

    Rows die by their reference counts as before; only cycles wait longer, and a batch makes next to none.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 50)
