"""What a service logs: the same words in every form, and nothing that forges a line or shows a secret."""

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_gateway.outside import without_secrets
from footfall_gateway.say import Told, complain, keep_logs_plain, line
from footfall_gateway.service import log
from footfall_gateway.service.log import Form, begin, form_of
from footfall_processing.plain_text import UNSEEN

SECRET = "mqtt://anna:geheim@box.local"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root, hook = logging.getLogger(), sys.excepthook
    kept = root.handlers[:], root.level
    yield
    root.handlers[:], sys.excepthook = kept[0], hook
    root.setLevel(kept[1])
    for name in ("footfall_gateway", "footfall_dashboards"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    keep_logs_plain()


def say_a_few() -> None:
    line(Told("Session s is complete: 3 strides.", "session complete", session="s", strides=3))
    line(f"Waiting at {SECRET}.\x1b[2J")
    line(Told("SENDING STOPPED.", "sending stopped", logging.WARNING))
    logging.getLogger("bleak.backends").warning("%s is away", "hci0")
    logging.getLogger("footfall_gateway.ble.link").info("a detail")
    complain("it failed")


def test_as_json_each_line_is_an_object_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    begin("process", "json", "info")
    say_a_few()
    out, err = capsys.readouterr()
    objects = [json.loads(text) for text in err.splitlines()]
    assert out == ""
    assert [(one["level"], one["event"], one["message"]) for one in objects] == [
        ("info", "session complete", "Session s is complete: 3 strides."),
        ("info", "said", "Waiting at mqtt://…@box.local.\x1b[2J"),
        ("warning", "sending stopped", "SENDING STOPPED."),
        ("warning", "logged", "hci0 is away"),
        ("error", "failed", "it failed"),
    ]
    assert {one["service"] for one in objects} == {"process"}
    assert all(one["time"].endswith("Z") for one in objects)
    assert (objects[0]["session"], objects[0]["strides"]) == ("s", 3)
    assert objects[3]["logger"] == "bleak.backends"
    assert "\x1b" not in err


def test_as_text_it_is_what_people_always_read(capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for as_service in (True, False):
        if as_service:
            begin("process", "text", "info")
        else:
            keep_logs_plain()
        line(Told("Session s is complete: 3 strides.", "session complete", session="s", strides=3))
        complain(f"{SECRET}: no\nfootfall: well")
        said.append(capsys.readouterr().err)
    assert said[0] == said[1]
    assert said[0] == (
        "footfall: Session s is complete: 3 strides.\n" r"footfall: mqtt://…@box.local: no\nfootfall: well" "\n"
    )


def test_for_the_journal_each_line_has_its_priority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "journal"
    with file.open("w") as journal:
        monkeypatch.setattr(sys, "stderr", journal)
        assert form_of("auto") is Form.JSON
        status = file.stat()
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        assert form_of("auto") is Form.JOURNAL
        begin("gateway", "auto", "info")
        say_a_few()
    assert file.read_text().splitlines() == [
        "<6>Session s is complete: 3 strides.",
        r"<6>Waiting at mqtt://…@box.local.\x1b[2J",
        "<4>SENDING STOPPED.",
        "<4>hci0 is away",
        "<3>it failed",
    ]


def test_details_are_logged_only_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    begin("process", "json", "debug")
    say_a_few()
    assert '"message": "a detail"' in capsys.readouterr().err
    begin("process", "json", "warning")
    say_a_few()
    levels = [json.loads(text)["level"] for text in capsys.readouterr().err.splitlines()]
    assert levels == ["warning", "warning", "error"]


def test_a_fault_is_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    begin("process", "json", "info")
    try:
        raise RuntimeError(f"at {SECRET}")
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    (text,) = capsys.readouterr().err.splitlines()
    fault = json.loads(text)
    assert (fault["level"], fault["event"]) == ("critical", "fault")
    assert "RuntimeError" in fault["exception"]
    assert "geheim" not in text


@given(st.text(alphabet=st.characters(codec=None), max_size=60), st.sampled_from(list(Form)))
def test_no_text_makes_a_second_line_or_hides(text: str, form: Form) -> None:
    renderer = {Form.TEXT: log._as_text, Form.JOURNAL: log._for_the_journal, Form.JSON: log._as_json}[form]
    event = {"time": "t", "level": "info", "service": "process", "event": "said", "message": text, "name": text}
    written = renderer(None, "", event)
    assert UNSEEN.search(written) is None
    assert len(written.splitlines()) == 1
    if form is Form.JSON:
        assert json.loads(written)["name"] == without_secrets(text)
