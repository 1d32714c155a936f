"""Events of another shape than their table's: the legacy columns changed while the capture went on."""

import json

import pytest

from streams.changes.change import Change, Malformed
from streams.changes.envelope import Decoder
from streams.changes.legacy_table import LegacyTable
from tests.history import FakeRecord
from tests.unit.test_changes_envelope import COLUMNS, DECODER, HEADER_VALUE


def test_columns_that_the_table_does_not_have_are_left_out() -> None:
    """An added column on the source; those that are known are checked as before."""
    value = HEADER_VALUE.replace(b'"kd_izin": "", ', b'"kd_izin": "", "kolom_baru": {"a": [1]}, ')
    spoilt = value.replace(b'"jenis_pelaku_usaha": 0', b'"jenis_pelaku_usaha": "x"')
    for text, kind in ((value, Change), (HEADER_VALUE, Change), (spoilt, Malformed), (value, Change)):
        (event,) = DECODER.decode("oss.public.tr_oss_header", FakeRecord(0, None, text))
        assert isinstance(event, kind)
        assert not isinstance(event, Change) or event.lacks == frozenset()


@pytest.mark.parametrize("new", [b"", b'"kolom_baru": "", '])
def test_columns_that_an_event_lacks_are_told(new: bytes) -> None:
    """Dropped or renamed on the source; and told no more once they are there again."""
    value = HEADER_VALUE.replace(b'"kd_izin": "", ', new)
    for text, lacks in ((value, {"kd_izin"}), (HEADER_VALUE, set()), (value, {"kd_izin"})):
        (event,) = DECODER.decode("oss.public.tr_oss_header", FakeRecord(0, None, text))
        assert isinstance(event, Change)
        assert event.lacks == lacks


def test_both_images_of_an_update_are_looked_at() -> None:
    """The row before may be of another shape than the row after."""
    line = json.loads(HEADER_VALUE)
    del line["before"]["kd_izin"]
    (event,) = DECODER.decode("oss.public.tr_oss_header", FakeRecord(0, None, json.dumps(line).encode()))
    assert isinstance(event, Change)
    assert event.lacks == {"kd_izin"}


def test_what_the_mirror_holds_as_text_may_come_as_any_scalar() -> None:
    """A column of another type on the source still fits; a key keeps its type."""
    held = {"idoss": "bigint", "nib": "text"}
    decoder = Decoder("oss", "public", [LegacyTable("tr_oss_header", COLUMNS["tr_oss_header"], ("idoss",), held)], 3)
    for text, kind in ((b"912", Change), (b"true", Change), (b"1.50", Change), (b"null", Change), (b"[]", Malformed)):
        value = HEADER_VALUE.replace(b'"nib": "9120000000003"', b'"nib": ' + text)
        (event,) = decoder.decode("oss.public.tr_oss_header", FakeRecord(0, None, value))
        assert isinstance(event, kind)
