"""What is kept of a study: who agreed to what, and what can change."""

import msgspec
import pytest

from coaching.history import NOW
from coaching.studies import ADA, FILE, changed, of
from footfall_coaching.answers import PainSite
from footfall_coaching.studies.allocation import drawn
from footfall_coaching.studies.file import Consent
from footfall_coaching.studies.record import Opened, Record, forgotten, joined, with_file, withdrawn
from footfall_processing.errors import InputError


def test_a_record_that_was_changed_by_hand_is_refused() -> None:
    kept = msgspec.to_builtins(of(ADA))
    with pytest.raises(msgspec.ValidationError, match="is not what was sealed"):
        msgspec.convert({**kept, "seed": "0" * 64}, Record)
    with pytest.raises(msgspec.ValidationError, match="not numbered as they joined"):
        msgspec.convert({**kept, "members": [{"number": 2, "runner": ADA}]}, Record)
    assert msgspec.convert(kept, Record) == of(ADA)
    with pytest.raises(InputError, match="64 digits of 0-9 and a-f"):
        drawn(FILE, b"short")


def test_a_file_may_change_whom_to_reach_and_a_new_text_and_nothing_else() -> None:
    record = of(ADA)
    newer = changed(FILE, organiser="Others", consent=Consent("2", "x" * 50))
    assert with_file(record, newer).file == newer
    with pytest.raises(InputError, match=r"^runs, pain-of: changed since the first runner joined on 2026-06-15"):
        with_file(record, changed(FILE, runs=6, pain_of=PainSite.HIP))
    with pytest.raises(InputError, match="is not what runners agreed to as version 1"):
        with_file(record, changed(FILE, consent=Consent("1", "y" * 50)))


def test_who_joins_once_is_not_drawn_again() -> None:
    record = of(ADA, "Bob")
    assert [one.number for one in record.members] == [1, 2]
    with pytest.raises(InputError, match="agreed to version 1 already"):
        joined(record, ADA, FILE.consent, (), NOW)
    again = joined(record, ADA, Consent("2", "x" * 50), ("18",), NOW)
    assert len(again.members) == 2
    assert [one.version for one in again.member(ADA).consents] == ["1", "2"]
    gone = withdrawn(record, ADA, NOW)
    assert not gone.member(ADA).takes_part
    with pytest.raises(InputError, match="nothing is drawn twice"):
        joined(gone, ADA, FILE.consent, (), NOW)
    with pytest.raises(InputError, match="already"):
        withdrawn(gone, ADA, NOW)
    with pytest.raises(InputError, match="'Cleo' has not joined"):
        record.member("Cleo")
    with pytest.raises(InputError, match="the study is full: 4 runners"):
        joined(of("a", "b", "c", "d"), "e", FILE.consent, (), NOW)
    with pytest.raises(InputError, match="is over: it was opened on 2026-06-15"):
        joined(msgspec.structs.replace(record, opened=Opened(NOW, "", "")), "Cleo", FILE.consent, (), NOW)
    without = forgotten(record, [ADA, ""])
    assert [(one.number, one.runner) for one in without.members] == [(1, ""), (2, "Bob")]
    assert ADA not in str(msgspec.to_builtins(without))
