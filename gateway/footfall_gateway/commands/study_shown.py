"""What `footfall study` shows of all runners: how far a study is, and what it came to."""

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from rich.table import Table

from footfall_coaching.spread import percent
from footfall_coaching.studies.course import Standing
from footfall_coaching.studies.file import Design, Measure, StudyFile
from footfall_coaching.studies.record import Record
from footfall_coaching.studies.result import Analysis, RunnerResult, progress_words
from footfall_coaching.try_out.permutation import Difference
from footfall_gateway import console, wire


def show_progress(record: Record, standings: Sequence[Standing], names: Mapping[int, str], *, json: bool) -> None:
    """Show how far each runner is, with nothing of what was drawn."""
    words = progress_words(record, standings)
    counts = [sum(part is not None for part in one.parts) for one in standings]
    if json:
        runners = [
            {
                "runner": names[one.member.number],
                "status": one.status.value,
                "runs": count,
                "left_out": len(one.left_out),
                "red": one.red,
            }
            for one, count in zip(standings, counts, strict=True)
        ]
        console.write_line(wire.json_line({"study": record.file.study, "words": [words], "runners": runners}))
        return
    table = Table("runner", "", box=None, pad_edge=False, header_style="bold")
    for title in ("runs", "left out", "red"):
        table.add_column(title, justify="right")
    for one, count in zip(standings, counts, strict=True):
        told = f"{count} of {record.file.runs}"
        table.add_row(names[one.member.number], one.status.value, told, str(len(one.left_out)), str(one.red))
    write_lines([words, ""])
    console.stdout_console().print(table)


def show(analysis: Analysis, names: Mapping[int, str]) -> None:
    """Show a study's result."""
    file = analysis.file
    write_lines([f"{file.study}: {file.question}", ""])
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("runner", no_wrap=True)
    table.add_column("")
    for title in _titles(file):
        table.add_column(title, justify="right")
    for one in analysis.runners:
        table.add_row(names[one.number], one.status.value, *_cells(file, one))
    console.stdout_console().print(table)
    write_lines([line for words in analysis.words for line in ("", words)])
    write_lines(["", f"Sealed as {analysis.seal}, the SHA-256 of these lines:", *analysis.sealed_text.splitlines()])


def _titles(file: StudyFile) -> list[str]:
    if file.design is Design.PARALLEL:
        what = ", change" if file.joining.runs_before else ""
        return ["condition", "runs", *(f"{measure}{what}" for measure in file.measures)]
    return ["runs", f"{file.primary} {file.conditions[1]}", "95 %", "chance", *file.beside]


def _cells(file: StudyFile, one: RunnerResult) -> list[str]:
    if file.design is Design.PARALLEL:
        condition = file.conditions[bool(one.is_tried)]
        return [condition, str(sum(one.runs)), *(_amount(measure, one.means[measure]) for measure in file.measures)]
    cells = [f"{one.runs[0]} + {one.runs[1]}"]
    found = one.differences[file.primary]
    if found is None:
        cells += ["–", "–", "–"]
    else:
        is_bounded = math.isfinite(found.low) and math.isfinite(found.high)
        ends = f"{_amount(file.primary, found.low)} to {_amount(file.primary, found.high)}" if is_bounded else "–"
        cells += [_amount(file.primary, found.mean), ends, f"{found.chance:.2g}"]
    beside = (one.differences[measure] for measure in file.beside)
    means = (None if each is None else each.mean for each in beside)
    return [*cells, *(_amount(measure, mean) for measure, mean in zip(file.beside, means, strict=True))]


def _amount(measure: Measure, value: float | None) -> str:
    if value is None:
        return "–"
    told = f"{value:+.1f}" if measure is Measure.PAIN else f"{percent(value):+.1f} %"
    return told.replace("-", "−")


def analysis_object(
    analysis: Analysis, standings: Sequence[Standing], record: Record, names: Mapping[int, str]
) -> wire.JsonObject:
    """Return a study's whole result, with every order, for JSON."""
    file, allocation = analysis.file, record.allocation
    return {
        "study": file.study,
        "question": file.question,
        "design": file.design.value,
        "conditions": list(file.conditions),
        "opened": {name: told for name, told in msgspec.to_builtins(analysis.opened).items() if name != "inputs"},
        "seal": analysis.seal,
        "sealed_text": analysis.sealed_text,
        "results": [
            {
                "measure": one.measure.value,
                "is_primary": one.is_primary,
                "runners": one.runners,
                "difference": _difference_object(one.found),
                "words": one.words,
            }
            for one in analysis.results
        ],
        "runners": [
            {
                "runner": names[one.number],
                "number": one.number,
                "status": one.status.value,
                "is_tried": list(allocation.order_of(one.number)),
                "is_run": [part is not None for part in standing.parts],
                "left_out": [part + 1 for part in standing.left_out],
                "runs": dict(zip(file.conditions, one.runs, strict=True)),
                "differences": {measure.value: _difference_object(found) for measure, found in one.differences.items()},
                "means": {measure.value: mean for measure, mean in one.means.items()},
            }
            for one, standing in zip(analysis.runners, standings, strict=True)
        ],
        "words": analysis.words,
    }


def _difference_object(found: Difference | None) -> wire.JsonObject | None:
    if found is None:
        return None
    told = {name: getattr(found, name) for name in ("mean", "low", "high", "chance", "least_chance", "scatter")}
    return {name: value if math.isfinite(value) else None for name, value in told.items()}


def write_lines(lines: Iterable[str]) -> None:
    """Write some lines."""
    for line in lines:
        console.write_line(line)
