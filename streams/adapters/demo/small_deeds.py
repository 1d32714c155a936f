"""Deeds that touch one row or two: user accounts and the micro-business extract."""

from datetime import datetime
from random import Random

from streams.adapters.demo.company import CompanyFactory
from streams.adapters.demo.deeds import insert
from streams.adapters.demo.model import Known
from streams.ports.demo import Statement

# The extract has no key: a NIB's first row is the one whose text comes first, so that equal contents mean equal deeds.
_FIRST = 'FROM oss_iumk WHERE nib = %s ORDER BY oss_iumk::text COLLATE "C" LIMIT 1'


class SmallDeeds:
    """Each method is one deed, as in ``Deeds``."""

    def __init__(self, factory: CompanyFactory) -> None:
        """The maker of new rows."""
        self._factory = factory

    def account_changed(self, luck: Random, moment: datetime, known: Known) -> list[Statement]:
        """A user account moves to the new system, changes its address, or is locked."""
        text, values = luck.choice(
            (
                ("flag_migrasi = %s", ("Y",)),
                ("email = %s", (f"biro.jasa{luck.randrange(30)}@example.com",)),
                ("status = %s", (luck.choice("01"),)),
            )
        )
        return [
            Statement(
                f"UPDATE tb_user_oss SET {text}, tgl_update = %s WHERE username = %s",  # noqa: S608 - constants
                (*values, moment, known.account),
            )
        ]

    def extract_changed(self, luck: Random, moment: datetime, known: Known) -> list[Statement]:
        """The micro-business extract: a row comes, changes, is doubled, or goes."""
        draw = luck.random()
        if not known.extracts or draw < 0.25:
            known.extracts += 1
            return [insert("oss_iumk", self._factory.another_extract(luck, known.nib, moment))]
        if draw < 0.65:
            values = (float(luck.randrange(1, 900) * 1_000_000), luck.randrange(1, 9), known.nib)
            return [Statement("UPDATE oss_iumk SET modal_usaha = %s, jml_tenaga_kerja = %s WHERE nib = %s", values)]
        if draw < 0.8:
            known.extracts += 1
            return [Statement(f"INSERT INTO oss_iumk SELECT * {_FIRST}", (known.nib,))]
        known.extracts -= 1
        return [Statement(f"DELETE FROM oss_iumk WHERE ctid = (SELECT ctid {_FIRST})", (known.nib,))]  # noqa: S608
