"""A duty of the monitor: keys that stand in the ledger are looked at again, until they are the same."""

from dataclasses import dataclass, field

from streams.drift.difference import Check
from streams.drift.entry import EntryState
from streams.ports.drift_ledger import Ledger, Wanted
from streams.services.monitor_duties import Book, Judge

NOT_VERIFIED = tuple(state for state in EntryState if state is not EntryState.VERIFIED)


@dataclass(slots=True)
class LedgerKeysDuty:
    """Goes round the entries of one check that are not verified.

    No batch touches what somebody mends by hand, and no scan comes past a key that nothing holds any more.
    """

    check: Check
    ledger: Ledger
    judge: Judge
    book: Book
    limit: int  # entries in one bite
    rest_s: float = 1.0
    _after: int = field(default=0, init=False)

    @property
    def name(self) -> str:
        """See the duty."""
        return f"{self.check} check of keys in the ledger"

    def bite(self) -> bool:
        """See the duty. Never more at once: a key that stays different is not in a hurry."""
        wanted = Wanted(checks=(self.check,), states=NOT_VERIFIED, after=self._after, limit=self.limit)
        entries = self.ledger.entries(wanted)
        keys: dict[str, set[str]] = {}
        for entry in entries:
            keys.setdefault(entry.difference.table, set()).add(entry.difference.key)
        for table, these in sorted(keys.items()):
            self.book.record([self.judge(table, these)])
        self._after = entries[-1].id if len(entries) == self.limit else 0
        return False
