"""What we build on: pinned by digest, as the locks say, under licences that anybody may use, and no secret in it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import audit
import check_lock
from check_licences import FOR_TESTS, GIVEN_ON, is_allowed
from deploy.compose_file import REPOSITORY, SERVICES

DIGEST: Final = r"@sha256:[0-9a-f]{64}"


def unpinned_images(dockerfile: str) -> list[str]:
    """What a Dockerfile is built on that has no digest; stages of its own need none."""
    froms = re.findall(r"^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", dockerfile, re.MULTILINE | re.IGNORECASE)
    froms += [(name, "") for name in re.findall(r"^COPY\s+.*--from=(\S+)", dockerfile, re.MULTILINE)]
    stages = {stage for _, stage in froms if stage}
    return [name for name, _ in froms if name not in stages and not re.search(rf"{DIGEST}$", name)]


def unpinned_actions(workflow: str) -> list[str]:
    """What a workflow uses that is no commit."""
    used = re.findall(r"^\s*(?:-\s+)?uses:\s*[\"']?([^\s\"'#]+)", workflow, re.MULTILINE)
    return [one for one in used if not one.startswith("./") and not re.search(rf"@[0-9a-f]{{40}}$|{DIGEST}$", one)]


def test_what_the_image_is_built_on_has_a_digest() -> None:
    text = (REPOSITORY / "Dockerfile").read_text()
    assert len(re.findall(DIGEST, text)) == 2
    assert unpinned_images(text) == []
    assert unpinned_images("FROM python:3.13\nFROM a AS b\nFROM b\nCOPY --from=b x y\nCOPY --from=uv:1 /uv /") == [
        "python:3.13",
        "a",
        "uv:1",
    ]


def test_every_image_that_is_not_ours_has_a_digest() -> None:
    foreign = [service["image"] for service in SERVICES.values() if "build" not in service]
    assert len(foreign) == 3
    assert [image for image in foreign if not re.search(rf":\d+\.\d+\.\d+{DIGEST}$", image)] == []


def test_every_action_is_a_commit() -> None:
    workflows = [*REPOSITORY.glob(".github/workflows/*"), *REPOSITORY.glob(".github/actions/*/action.y*ml")]
    assert {path.name: found for path in workflows if (found := unpinned_actions(path.read_text()))} == {}
    commit = 40 * "a"
    assert unpinned_actions(
        f"jobs:\n  - uses: actions/checkout@v4\n  - uses: a/b@{commit} # v1\n    uses: './here'\n    uses: c/d@main\n"
    ) == ["actions/checkout@v4", "c/d@main"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("pyproject.toml", check_lock.LOCK, check_lock.LOCK_OF_DEVELOPERS):
        shutil.copy(REPOSITORY / name, tmp_path)
    return tmp_path


def edit(path: Path, pattern: str, by: str) -> None:
    before = path.read_text()
    after = re.sub(pattern, by, before, count=1, flags=re.MULTILINE)
    assert after != before
    path.write_text(after)


@pytest.mark.parametrize(
    ("name", "pattern", "by", "said"),
    [
        ("pyproject.toml", r'"msgspec>=[^"]*"', '"msgspec>=99"', "requirements.lock: msgspec>=99: is there as "),
        ("pyproject.toml", r'"msgspec>=[^"]*"', '"msgspec", "no-such-package"', "no-such-package: is not there"),
        ("requirements.lock", r"^msgspec==[\d.]+", "msgspec==99", "msgspec is there as 99, and installed as"),
        ("requirements.lock", r"^msgspec==[\d.]+", "msgspec>=0.1", "msgspec>=0.1: is not pinned to one version"),
        ("requirements.lock", r"^h11==[\d.]+( .*\n?)+", "", "h11 is not there, which uvicorn needs"),
        ("requirements-dev.lock", r"^msgspec==[\d.]+", "msgspec==0.22.99", "msgspec is 0.22.99, and "),
        ("requirements-dev.lock", r"^(ruff==\S+).*(\n    --hash.*)+", r"\1", "ruff: has no hash"),
    ],
)
def test_a_lock_that_is_not_that_of_the_project_is_said(
    folder: Path, name: str, pattern: str, by: str, said: str
) -> None:
    before = set(check_lock.all_faults(folder))
    edit(folder / name, pattern, by)
    assert any(said in fault for fault in set(check_lock.all_faults(folder)) - before)


@pytest.mark.parametrize(
    ("licence", "given_on", "for_tests"),
    [
        ("MIT", True, True),
        ("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", True, True),
        ("EPL-2.0 OR BSD-3-Clause", True, True),
        ("GPL-3.0-or-later", False, True),
        ("MIT AND GPL-3.0-or-later", False, True),
        ("AGPL-3.0-only", False, False),
        ("UNKNOWN", False, False),
        ("", False, False),
    ],
)
def test_a_licence_is_on_the_list_with_all_its_parts(licence: str, given_on: bool, for_tests: bool) -> None:
    assert (is_allowed(licence, GIVEN_ON), is_allowed(licence, FOR_TESTS)) == (given_on, for_tests)


def test_a_weakness_is_found_by_its_versions() -> None:
    spans = [{"introduced": "0", "fixed": "1.2"}, {"introduced": "2.0", "last_affected": "2.1"}]
    advisory = {"id": "PYSEC-1", "aliases": ["CVE-1"], "spans": spans, "versions": ["1.5"]}
    weak = {
        version for version in ("0.1", "1.2", "1.5", "1.6", "2.0", "2.1", "2.2") if audit.is_weak(version, advisory)
    }
    assert weak == {"0.1", "1.5", "2.0", "2.1"}
    assert list(audit.known({"a": "1.1", "b": "1.1"}, {"a": [advisory]})) == ["a 1.1: PYSEC-1, CVE-1"]
    assert list(audit.known({"a": "1.3"}, {"a": [advisory]})) == []


def test_a_secret_that_is_tracked_is_found_and_an_accepted_one_is_not(tmp_path: Path) -> None:
    assert str(REPOSITORY) not in (REPOSITORY / ".secrets.baseline").read_text(), "it holds in every clone"
    here = tmp_path / "here"
    (here / "scripts").mkdir(parents=True)
    script = shutil.copy(REPOSITORY / "scripts" / "check_secrets.py", here / "scripts")
    shutil.copy(REPOSITORY / ".secrets.baseline", here)
    key = "".join(("-----BEGIN RSA", " PRIVATE KEY-----"))
    (here / "mine.txt").write_text(f"{key}\n")
    subprocess.run(["git", "init", "-q"], cwd=here, check=True)

    def check(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, script, *options], capture_output=True, text=True)

    assert check().returncode == 0, "it is not tracked"
    subprocess.run(["git", "add", "."], cwd=here, check=True)
    found = check()
    assert (found.returncode, "mine.txt:1: looks like a secret (Private Key)" in found.stderr) == (1, True)
    assert check("--accept").returncode == 0
    (here / "mine.txt").write_text(f"moved down\n{key}\n")
    assert check().returncode == 0
    there = shutil.copytree(here, tmp_path / "there")
    elsewhere = subprocess.run([sys.executable, there / "scripts" / "check_secrets.py"], capture_output=True, text=True)
    assert (elsewhere.returncode, elsewhere.stderr) == (0, "")
