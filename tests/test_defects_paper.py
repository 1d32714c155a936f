"""The page of defects knows the register; that its counts are those of a run is for the tests of the whole path."""

import re

from scripts.defects_paper import BECOMES, PAPER
from streams.adapters.demo.defects.register import DEFECTS


def test_the_page_tells_of_every_defect_and_each_was_handled_whenever_planted() -> None:
    assert list(BECOMES) == [defect.name for defect in DEFECTS]
    rows = re.findall(r"^\| `(\S+)` \| (.+?) \| (\d+) \| (\d+) \|", PAPER.read_text(encoding="utf-8"), re.MULTILINE)
    assert [(name, does) for name, does, _, _ in rows] == [(defect.name, defect.does) for defect in DEFECTS]
    assert all(int(planted) == int(handled) > 0 for _, _, planted, handled in rows)
