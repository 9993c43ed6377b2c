"""What is kept of a study once it has begun: who agreed to what, and what was revealed to whom on which day."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated

import msgspec

from footfall_coaching.studies.allocation import Allocation
from footfall_coaching.studies.file import MOST_RUNNERS, MOST_RUNS, Consent, StudyFile, changed
from footfall_processing.errors import InputError

Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Agreed(_Part, frozen=True):
    """What a runner agreed to.

    Parameters
    ----------
    version, digest
        Which text, and a digest of it.
    confirmed
        What the organiser confirmed of the runner then.
    """

    at: datetime
    version: str
    digest: str
    confirmed: tuple[str, ...] = ()


class Day(_Part, frozen=True):
    """A day on which a runner was told the condition of a part, counted from 0; days are those of `at`'s zone."""

    at: datetime
    part: Annotated[int, msgspec.Meta(ge=0, lt=MOST_RUNS)]


class Member(_Part, frozen=True):
    """A runner of a study.

    Parameters
    ----------
    number
        From 1, as they joined; what was drawn goes by it.
    runner
        The name; empty of one of whom all was removed: the number stays taken.
    consents
        The first one is when the runner joined.
    days
        In order of time.
    withdrawn
        When the runner took back what was agreed to: nothing is used of this one.
    """

    number: Annotated[int, msgspec.Meta(ge=1, le=MOST_RUNNERS)]
    runner: str
    consents: Annotated[tuple[Agreed, ...], msgspec.Meta(max_length=100)] = ()
    days: Annotated[tuple[Day, ...], msgspec.Meta(max_length=1000)] = ()
    withdrawn: datetime | None = None

    @property
    def joined(self) -> datetime | None:
        """When the runner joined; `None` where all was removed."""
        return self.consents[0].at if self.consents else None

    @property
    def takes_part(self) -> bool:
        """Whether what the runner does is used."""
        return bool(self.runner and self.consents) and self.withdrawn is None


class Opened(_Part, frozen=True):
    """When a study was opened, and why: what was drawn may be known from then on, so it is over.

    Parameters
    ----------
    reason
        The organiser's, where it was opened before its end; empty where it had ended.
    ended
        Why it had ended; empty where it hadn't.
    inputs
        By runners' numbers a digest of what the result was made of (`studies.inputs`); of one without it, as a study
        that an older Footfall opened has, it isn't known whether that was changed since.
    """

    at: datetime
    reason: str
    ended: str
    inputs: Annotated[Mapping[str, Digest], msgspec.Meta(max_length=MOST_RUNNERS)] = msgspec.field(default_factory=dict)


class Record(_Part, frozen=True):
    """A study that has begun.

    Parameters
    ----------
    file
        As it was fixed then; consent and organiser are the latest.
    seed, seal
        What all is drawn from, which nobody is to look at, and its seal.
    begun
        When the first runner joined.
    """

    file: StudyFile
    seed: str
    seal: str
    begun: datetime
    members: Annotated[tuple[Member, ...], msgspec.Meta(max_length=MOST_RUNNERS)] = ()
    opened: Opened | None = None

    def __post_init__(self) -> None:
        if self.allocation.seal != self.seal:
            raise InputError("what was fixed or drawn is not what was sealed: it was changed by hand; take a backup")
        if [one.number for one in self.members] != list(range(1, len(self.members) + 1)):
            raise InputError("its runners are not numbered as they joined; take a backup")

    @property
    def allocation(self) -> Allocation:
        """What was drawn."""
        return Allocation(self.file, self.seed)

    def member(self, runner: str) -> Member:
        """Return a runner's part; `InputError` for one who is not in the study."""
        for one in self.members:
            if one.runner == runner and runner:
                return one
        raise InputError(f"{runner!r} has not joined {self.file.study}; footfall study join does that")

    def with_member(self, member: Member) -> "Record":
        """Return the study with a runner's part in place of what was known of it."""
        at = member.number - 1
        return msgspec.structs.replace(self, members=(*self.members[:at], member, *self.members[at + 1 :]))


def begun(allocation: Allocation, now: datetime) -> Record:
    """Return a study that begins."""
    return Record(allocation.file, allocation.seed, allocation.seal, now)


def with_file(record: Record, file: StudyFile) -> Record:
    """Return a study with its file as it is now.

    Raises
    ------
    InputError
        Where something else was changed than may be, or the consent's text under the same version.
    """
    names = changed(record.file, file)
    if names:
        fields = ", ".join(name.replace("_", "-") for name in names)
        raise InputError(
            f"{fields}: changed since the first runner joined on {record.begun:%Y-%m-%d}; put it back, or make it "
            f"another study with a name of its own"
        )
    for agreed in _consents(record.members):
        if agreed.version == file.consent.version and agreed.digest != file.consent.digest:
            raise InputError(
                f"consent.text: is not what runners agreed to as version {agreed.version}; give the new text a version "
                f"of its own"
            )
    return msgspec.structs.replace(record, file=file)


def joined(record: Record, runner: str, consent: Consent, confirmed: Iterable[str], now: datetime) -> Record:
    """Return a study with one runner more, or one who agreed to a new version.

    Raises
    ------
    InputError
        Where the study is over or full, or the runner took part and left, or agreed to this version already.
    """
    if record.opened is not None:
        raise InputError(f"the study is over: it was opened on {record.opened.at:%Y-%m-%d}")
    agreed = Agreed(now, consent.version, consent.digest, tuple(confirmed))
    known = next((one for one in record.members if one.runner == runner), None)
    if known is not None and known.withdrawn is not None:
        raise InputError(f"{runner!r} left the study on {known.withdrawn:%Y-%m-%d}; nothing is drawn twice")
    if known is not None and known.consents[-1].version == consent.version:
        raise InputError(f"{runner!r} agreed to version {consent.version} already")
    if known is not None:
        return record.with_member(msgspec.structs.replace(known, consents=(*known.consents, agreed)))
    if len(record.members) >= record.file.runners:
        raise InputError(f"the study is full: {record.file.runners} runners are planned, and have joined")
    member = Member(len(record.members) + 1, runner, (agreed,))
    return msgspec.structs.replace(record, members=(*record.members, member))


def withdrawn(record: Record, runner: str, now: datetime) -> Record:
    """Return a study of which a runner takes no more part; days are forgotten, when and to what was agreed stays."""
    member = record.member(runner)
    if member.withdrawn is not None:
        raise InputError(f"{runner!r} left the study on {member.withdrawn:%Y-%m-%d} already")
    return record.with_member(msgspec.structs.replace(member, withdrawn=now, days=()))


def forgotten(record: Record, runners: Iterable[str]) -> Record:
    """Return a study without anything of some people; their numbers stay taken, as what was drawn goes by them."""
    names = set(runners) - {""}
    kept = tuple(Member(one.number, "") if one.runner in names else one for one in record.members)
    gone = {str(one.number) for one in record.members if one.runner in names}
    opened = record.opened
    if opened is not None:
        inputs = {number: digest for number, digest in opened.inputs.items() if number not in gone}
        opened = msgspec.structs.replace(opened, inputs=inputs)
    return msgspec.structs.replace(record, members=kept, opened=opened)


def _consents(members: Iterable[Member]) -> Iterable[Agreed]:
    return (agreed for member in members for agreed in member.consents)
