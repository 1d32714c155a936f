"""The key files: drawn once, read whole, and told about without telling them."""

from pathlib import Path
from threading import Thread

import pytest

from streams.adapters.files.identity_keys import ensure_identity_keys, read_identity_keys
from streams.errors import ErrorKind, SelarasError


def test_keys_are_drawn_once_for_their_owner(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    files = ensure_identity_keys(folder)
    keys = read_identity_keys(*files)
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600, 0o600]
    assert (len(keys.hmac_key), len(keys.siv_key)) == (32, 64)
    assert ensure_identity_keys(folder) == files
    assert read_identity_keys(*files) == keys
    assert sorted(path.name for path in folder.iterdir()) == ["identity_hmac_key", "identity_siv_key"]


def test_starts_at_the_same_time_agree_on_one_pair(tmp_path: Path) -> None:
    found = []
    threads = [Thread(target=lambda: found.append(read_identity_keys(*ensure_identity_keys(tmp_path)))) for _ in "1234"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_the_version_follows_either_key(tmp_path: Path) -> None:
    files = ensure_identity_keys(tmp_path)
    version = read_identity_keys(*files).version
    content = files[1].read_text()
    files[1].write_text("00" * 64 + "\n")
    assert read_identity_keys(*files).version != version
    files[1].write_text(content)
    assert read_identity_keys(*files).version == version


def test_a_lost_key_is_never_drawn_anew(tmp_path: Path) -> None:
    files = ensure_identity_keys(tmp_path)
    files[1].unlink()
    with pytest.raises(SelarasError) as caught:
        ensure_identity_keys(tmp_path)
    assert str(files[1]) in caught.value.sentence


@pytest.mark.parametrize("content", ["", "ab" * 31, "ab" * 33, "zz" * 32, "\xe9"])
def test_files_without_such_a_key_are_named_but_not_shown(tmp_path: Path, content: str) -> None:
    files = ensure_identity_keys(tmp_path)
    files[0].write_text(content, encoding="utf-8")
    with pytest.raises(SelarasError) as caught:
        read_identity_keys(*files)
    assert caught.value.kind is ErrorKind.CONFIGURATION
    assert str(files[0]) in caught.value.sentence
    assert not content or content not in caught.value.sentence


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SelarasError, match="nowhere"):
        read_identity_keys(tmp_path / "nowhere", tmp_path / "either")
