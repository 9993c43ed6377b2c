"""What a runner was told: each message with what it was made from and what came of it, and minimal shoes' plan."""

import re
from dataclasses import replace
from html import escape

from dashboards.a_diary import HOSTILE, NOW, ADiary
from dashboards.asked_pages import ZONE, get, pages_of
from footfall_coaching.ledger import RULES, Afterwards, remake, warnings_of
from footfall_coaching.message import Message
from footfall_coaching.shoes import MinimalShare
from footfall_dashboards.runner.told_page import TITLES
from footfall_gateway.virtual.months import made_up_months

MONTHS = made_up_months(NOW.astimezone(ZONE), "")
FALSE = [m for m, after in warnings_of(MONTHS.told, Afterwards(MONTHS.runs, MONTHS.pains, NOW)) if after.is_false_alarm]


def a_ledger(*more: Message) -> ADiary:
    diary = ADiary({run.session_id: run for run in MONTHS.runs})
    diary.pains_told, diary.shoes_worn = list(MONTHS.pains), list(MONTHS.shoes)
    diary.ledger = [*MONTHS.told, *more]
    return diary


def test_every_rule_has_its_title() -> None:
    assert {name for name, _ in RULES} == set(TITLES)


async def test_each_message_stands_with_what_it_was_made_from_and_what_came_of_it() -> None:
    last = MONTHS.told[-1]
    changed = replace(last, words="Something else was said.", told_utc=NOW)
    newer = replace(last, version=99, inputs={HOSTILE: HOSTILE}, told_utc=NOW)
    pages = pages_of(a_ledger(changed, newer))
    first = (await get(pages, "/told")).text
    assert "<script" not in first
    assert first.count("Made again from these inputs just now: the same words.") == 18
    assert "It can&#x27;t be made again here: no rule" in first
    assert "the words are other ones" in first
    assert 'href="/told?page=2"' in first
    found = re.findall(r"<th scope=\"row\">([^<]+) <small>version (\d+)</small></th><td>(\d+)</td><td>(\d+|–)", first)
    assert ("Run above the ceiling", "2", "3", "3") in found
    assert sum(int(told) for _, _, told, _ in found) == len(MONTHS.told) + 2

    only = (await get(pages, "/told?show=alarms")).text
    assert FALSE
    assert only.count("<li><p") == len(FALSE)
    assert f"{len(FALSE)} false alarms among them" in only
    for address in ("/today", "/log"):
        assert 'href="/told"' in (await get(pages, address)).text
    assert "Nothing was told yet." in (await get(pages_of(ADiary()), "/told")).text


async def test_minimal_shoes_have_their_share_of_the_week_on_the_log() -> None:
    diary = a_ledger()
    text = (await get(pages_of(diary), "/log")).text
    (kept,) = [message for message in diary.ledger if message.rule == MinimalShare.NAME]
    assert escape(kept.words) in text
    assert kept.words.startswith("Minimal shoes: up to ")
    assert remake(kept) == kept.words
    assert "Step 3 of 26" in text
    await get(pages_of(diary), "/log")
    assert len([message for message in diary.ledger if message.rule == MinimalShare.NAME]) == 1
    bare = a_ledger()
    bare.shoes_worn = []
    assert "Minimal shoes" not in (await get(pages_of(bare), "/log")).text.replace("Minimal: little", "")
