"""A person's part in studies: what was agreed to, and what was told on which day; never what is still to come."""

from pathlib import Path

import msgspec

from footfall_coaching.studies.record import Member, Record
from footfall_gateway.archives import ArchiveWriter
from footfall_gateway.persons.person import Person, counted
from footfall_gateway.studies import StudiesFolder


class StudiesPlace:
    """The studies of a data folder."""

    title = "Studies"

    def whose(self, folder: Path) -> list[tuple[str, str]]:
        """See `Place`: a part in a study is of no session."""
        return [(name, "") for name in StudiesFolder(folder).runners()]

    def has(self, folder: Path, person: Person) -> list[str]:
        """See `Place`."""
        count = len(self._of(folder, person))
        return [f"a part in {counted(count, 'study')}".replace("studys", "studies")] if count else []

    def samples(self, folder: Path, person: Person) -> list[bytes]:
        """See `Place`: the name is searched for by itself."""
        return []

    def export(self, folder: Path, person: Person, archive: ArchiveWriter) -> None:
        """See `Place`."""
        for record, member in self._of(folder, person):
            content = msgspec.json.format(msgspec.json.encode(_told(record, member)))
            archive.add(f"studies/{record.file.study}.json", content + b"\n")

    def remove(self, folder: Path, person: Person) -> None:
        """See `Place`."""
        StudiesFolder(folder).forget(person.spellings)

    @staticmethod
    def _of(folder: Path, person: Person) -> list[tuple[Record, Member]]:
        return StudiesFolder(folder).of_person(person.spellings)


def _told(record: Record, member: Member) -> dict[str, object]:
    file, order = record.file, record.allocation.order_of(member.number)
    return {
        "study": file.study,
        "question": file.question,
        "organiser": file.organiser,
        "agreed": msgspec.to_builtins(member.consents),
        "withdrawn": msgspec.to_builtins(member.withdrawn),
        "days": [
            {"told": day.at.isoformat(), "run": day.part + 1, "condition": file.conditions[order[day.part]]}
            for day in member.days
        ],
    }
