"""Look for what no text of Footfall may say, as that it heals: `python scripts/check_words.py`.

What software claims decides whether it is a medical device (docs/intended-use.md). Read are all texts that users see:
strings of the packages' modules, the help of commands (their docstrings), pages, scripts and styles, Grafana's files,
and the documents. Patterns and exceptions, each with its reason, stand in `words_not_said.toml`. Names of programs,
such as `safe_chain`, are no texts.
"""

import argparse
import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parent.parent
LIST: Final = "scripts/words_not_said.toml"
PACKAGES: Final = ("processing", "coaching", "gateway", "dashboards")
COMMANDS: Final = ("gateway/footfall_gateway/commands/", "gateway/footfall_gateway/cli.py")
"""Modules whose docstrings are shown by `--help`."""
OTHERS: Final = (
    "dashboards/**/*.html",
    "dashboards/**/*.js",
    "dashboards/**/*.css",
    "dashboards/grafana/**/*.json",
    "deploy/**/*.json",
    "README.md",
    "docs/*.md",
)


@dataclass(frozen=True)
class Banned:
    """A pattern, and what to say instead."""

    pattern: re.Pattern[str]
    instead: str


@dataclass(frozen=True)
class Allowed:
    """A text of one file that may hold such a word, and why."""

    file: str
    text: str
    reason: str


@dataclass(frozen=True)
class Text:
    """A text that users see, and where it stands."""

    file: str
    line: int
    words: str


@dataclass(frozen=True)
class Found:
    """A word that may not be said."""

    text: Text
    word: str
    instead: str


def read_list(path: Path) -> tuple[list[Banned], list[Allowed]]:
    """Read patterns and exceptions; a name of a program, which has `_` or goes on with letters, is no word."""
    held = tomllib.loads(path.read_text(encoding="utf-8"))
    banned = [
        Banned(re.compile(rf"(?<![\w.])(?:{one['pattern']})(?!\w)", re.IGNORECASE), one["instead"])
        for one in held["banned"]
    ]
    return banned, [Allowed(**one) for one in held["allowed"]]


def texts_of(root: Path) -> Iterator[Text]:
    """Give every text below a folder that users see."""
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            file = path.relative_to(root).as_posix()
            yield from texts_of_module(file, path.read_text(encoding="utf-8"))
    for pattern in OTHERS:
        for path in sorted(root.glob(pattern)):
            yield from texts_of_page(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))


def texts_of_module(file: str, source: str) -> Iterator[Text]:
    """Give the strings of a module; docstrings only where `--help` shows them."""
    tree = ast.parse(source)
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    shown = file.startswith(COMMANDS)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (shown or id(node) not in docstrings):
            yield Text(file, node.lineno, node.value)


def texts_of_page(file: str, source: str) -> Iterator[Text]:
    """Give the paragraphs of a document or page: a phrase may go on in the next line."""
    line = 1
    for paragraph in re.split(r"(\n\s*\n)", source):
        if paragraph.strip():
            yield Text(file, line, paragraph)
        line += paragraph.count("\n")


def find(
    texts: Iterator[Text], banned: Sequence[Banned], allowed: Sequence[Allowed]
) -> tuple[list[Found], set[Allowed]]:
    """Return what may not be said, and the exceptions that were needed."""
    found: list[Found] = []
    used: set[Allowed] = set()
    for text in texts:
        words = " ".join(text.words.split())
        for exception in allowed:
            if exception.file == text.file and exception.text in words:
                words = words.replace(exception.text, "")
                used.add(exception)
        found += [Found(text, match.group(), one.instead) for one in banned for match in one.pattern.finditer(words)]
    return found, used


def main() -> int:
    """Say what was found; return the exit status."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    banned, allowed = read_list(REPOSITORY / LIST)
    found, used = find(texts_of(REPOSITORY), banned, allowed)
    for one in found:
        sys.stderr.write(f"{one.text.file}:{one.text.line}: says {one.word!r}: {one.instead}\n")
    for exception in allowed:
        if exception not in used:
            sys.stderr.write(f"{LIST}: nothing in {exception.file} says {exception.text!r} any more: take it out\n")
    if found:
        sys.stderr.write(f"Say it otherwise; what must stay stands in {LIST}, with its reason.\n")
    return 1 if found or len(used) < len(allowed) else 0


if __name__ == "__main__":
    sys.exit(main())
