"""A day with a phone in Python: enrol, fill one sheet with a photo, sync, and see that phone and server agree.

    python3 day.py SERVER CODE FOLDER PICTURE

`guanmo.py` and the library lie in one folder that Python finds (PYTHONPATH). Prints one line of JSON.
"""

import asyncio
import json
import sys
from pathlib import Path

from guanmo import Answer, Form, Mark, Phone, PhoneError, PhotoTarget, Server, SyncObserver


class Watcher(SyncObserver):
    """Says how far a sync is. What it raises does not reach the sync."""

    def __init__(self):
        self.told = 0

    def on_progress(self, progress):
        self.told += 1


def mark_for(item):
    """A mark that fits the item."""
    kind = item.kind
    if kind.is_SCORE():
        return Mark.POINTS(item.max_e4)
    if kind.is_DEDUCT():
        return Mark.COUNT(0)
    if kind.is_RATIO():
        return Mark.RATIO(ok=4, sampled=5)
    return Mark.YES_NO(True)


def fill(phone, site, picture):
    """Answers every line, attaches a photo, hands the sheet in; its id and how many answers were acknowledged."""
    sheet = phone.open_sheet(site.id, Form.DETAILED)
    try:
        phone.submit(sheet)
    except PhoneError.Refused as refused:
        # What is missing is said by line, and in words for people in both languages.
        problem = refused.problem
        assert problem.code == "incomplete" and problem.missing and problem.text_zh and problem.text_en
    else:
        raise SystemExit("an empty sheet was handed in")
    answers = 0
    for line in phone.sheet(sheet).lines:
        phone.answer(sheet, line.item.id, Answer(mark=mark_for(line.item), note=None, reasons=[]))
        answers += 1
    phone.attach_photo(PhotoTarget.SHEET(sheet), Path(picture).read_bytes())
    phone.submit(sheet)
    return sheet, answers


async def main(address, code, folder, picture):
    phone, server, watcher = Phone.open(folder), Server(address), Watcher()
    me = await phone.enrol(server, code, "python")
    await phone.sync(server)
    site = next(site for site in phone.sites() if not site.recused and site.lines)
    sheet, answers = fill(phone, site, picture)
    report = await phone.sync(server, observer=watcher)
    print(
        json.dumps(
            {
                "account": me.account_name,
                "sheet": sheet,
                "answers": answers,
                "photos": report.photos_sent,
                "held": report.agreed.sheets.held,
                "told": watcher.told,
                "agreed": report.agreed.agreed and report.agreed.compared,
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
