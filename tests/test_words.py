"""No text of Footfall says what it may not: `scripts/check_words.py`."""

from pathlib import Path
from typing import Final

import pytest

from check_words import LIST, REPOSITORY, Text, find, main, read_list, texts_of, texts_of_module, texts_of_page

BANNED, ALLOWED = read_list(REPOSITORY / LIST)
PLANTED: Final = (
    "This prevents injuries.",
    "Injury prevention",
    "so that it heals sooner",
    "Treat your knee",
    "a diagnosis of your gait",
    "It cures pain.",
    "This distance is safe.",
    "Run safely",
    "your risk is 64 % higher",
    "Your\nrisk",
    "ACWR 1.4",
    "acute:chronic",
    "These shoes are worn out.",
)
NO_CLAIMS: Final = (
    "health",
    "secure",
    "a curious thing",
    "safe_chain",
    "retreat",
    "treaty",
    "This run: 10 km.",
    "procure",
)


def words_found(texts: list[Text]) -> list[str]:
    return [one.word for one in find(iter(texts), BANNED, ALLOWED)[0]]


def test_no_text_says_what_it_may_not_and_every_exception_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["check_words.py"])
    assert main() == 0


@pytest.mark.parametrize("words", PLANTED)
def test_planted_words_are_found_in_every_kind_of_text(words: str) -> None:
    assert (
        words_found(list(texts_of_module("coaching/one.py", f'"""Safe."""\nA = f"{{1}} {words!r}"[1:]\n')))
        or "\n" in words
    )
    assert words_found(list(texts_of_module("gateway/footfall_gateway/commands/one.py", f'"""Do.\n\n{words}\n"""\n')))
    assert words_found(list(texts_of_page("README.md", f"# Title\n\n{words}\n")))
    assert words_found(list(texts_of_page("page.html", f"<p>{words}</p>")))


@pytest.mark.parametrize("words", NO_CLAIMS)
def test_what_claims_nothing_is_left_alone(words: str) -> None:
    assert words_found([Text("README.md", 1, words)]) == []


def test_docstrings_and_comments_of_modules_that_show_none_are_not_read() -> None:
    assert not list(texts_of_module("coaching/one.py", '"""Keep safe."""\n# safe\nsafe = 1\n'))


def test_an_exception_allows_one_text_in_one_file() -> None:
    one = ALLOWED[0]
    assert words_found([Text(one.file, 1, one.text)]) == []
    assert words_found([Text("docs/other.md", 1, one.text)])
    assert words_found([Text(one.file, 1, f"{one.text} It prevents injuries.")]) == ["prevents"]
    assert all(exception.reason for exception in ALLOWED)


def test_texts_of_all_kinds_are_read() -> None:
    files = {text.file for text in texts_of(REPOSITORY)}
    assert {"README.md", "docs/intended-use.md", "coaching/footfall_coaching/light_rule.py"} <= files
    assert {Path(file).suffix for file in files} == {".py", ".html", ".js", ".css", ".json", ".md"}
