"""`kdr export` and `kdr import`: packages handed to others and taken from them."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from metadata.problem import Problem
from metadata.wording import printable, wording
from workflows.cli.speech import home, out, show_json, stop
from workflows.cli.versions import export_ocfl
from workflows.cli.versions import say as _of_versions

if TYPE_CHECKING:
    from repository.store import Store
    from workflows.exchange import Exported
    from workflows.pdf import Wanted
    from workflows.psp_import import Imported

_PAGES = re.compile(r"[1-9]\d{0,3}(-[1-9]\d{0,3})?", re.ASCII)
# sysexits.h: wrong use, data not acceptable, no such input, cannot be read or written.
_USAGE, _REFUSED, _ABSENT, _UNREADABLE = 64, 65, 66, 74


def say(key: str, **facts: object) -> str:
    """A sentence of these commands in the reader's language."""
    return wording("workflows", "exchange.toml").say(key, None, **facts)


def add_to(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("export", help=say("help.export"))(export_packages)
    app.command("import", help=say("help.import"))(import_packages)


NoImages = Annotated[bool, typer.Option("--no-images", help=say("help.no_images"))]
LongEdge = Annotated[int | None, typer.Option("--long-edge", min=200, max=14000, help=say("help.export.long_edge"))]
AsJson = Annotated[bool, typer.Option("--json", help=say("help.json"))]


def export_packages(
    names: Annotated[list[str], typer.Argument(metavar="[ID]... TARGET", help=say("help.export.names"))],
    *,
    psp: Annotated[bool, typer.Option("--psp", help=say("help.export.psp"))] = False,
    kramerius: Annotated[bool, typer.Option("--kramerius", help=say("help.export.kramerius"))] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help=say("help.export.pdf"))] = False,
    ocfl: Annotated[bool, typer.Option("--ocfl", help=_of_versions("help.ocfl"))] = False,
    ocfl_root: Annotated[bool, typer.Option("--ocfl-root", help=_of_versions("help.ocfl_root"))] = False,
    zipped: Annotated[bool, typer.Option("--zip", help=say("help.export.zip"))] = False,
    pages: Annotated[str, typer.Option("--pages", metavar="FIRST-LAST", help=say("help.export.pages"))] = "",
    long_edge: LongEdge = None,
    everything: Annotated[bool, typer.Option("--all", help=say("help.export.all"))] = False,
    version: Annotated[str, typer.Option("--version", help=say("help.export.version"))] = "",
    no_images: NoImages = False,
) -> None:
    """Hand packages out; exit code 1 when one could not be, or is not valid."""
    from workflows.founding import is_ours, open_store
    from workflows.holdings import identified
    from workflows.pdf import LONG_EDGE, Wanted

    ids, target = names[:-1], Path(names[-1])
    wrong = {
        "usage_form": psp + kramerius + pdf + ocfl + ocfl_root != 1,
        "usage_long_edge": long_edge is not None and not pdf,
        "usage_pages": bool(pages) and not (pdf and _PAGES.fullmatch(pages)),
        "usage_zip": zipped and not psp,
        "usage_target": not ids and not everything,
        "usage_ids": bool(ids) and everything,
        "usage_version": bool(version) and (everything or len(ids) > 1 or ocfl or ocfl_root),
    }
    for reason, found in wrong.items():
        if found:
            _stop(_USAGE, say(reason))
    where = home()
    if is_ours(where, target):
        _stop(_USAGE, say("usage_inside", path=printable(str(target))))
    store = open_store(where)
    first, _, last = pages.partition("-")
    chosen = Wanted(int(first or 1), int(last or first or 0), long_edge or LONG_EDGE)
    wanted = store.objects() if everything else [identified(each) for each in ids]
    codes = []
    for object_id in wanted:
        try:
            if pdf:
                codes.append(_printed(store, object_id, target, version, chosen))
                continue
            if ocfl or ocfl_root:
                codes.append(export_ocfl(store, object_id, target, where.settings.institution.sigla, root=ocfl_root))
                continue
            made = _handed(store, object_id, target, version, "zip" if zipped else "psp" if psp else "kramerius")
        except Problem as problem:
            codes.append(stop(problem))
            continue
        codes.append(_told(made, where.schemas, images=not no_images, judged=psp) if made else _REFUSED)
    if len(wanted) > 1:
        out().print(say("exported_count", done=sum(code in (0, 1) for code in codes), wanted=len(wanted)))
    # One object ends with its own code, several with 1 when any of them went wrong.
    sys.exit(codes[0] if len(codes) == 1 else int(any(codes)))


def _printed(store: Store, object_id: str, target: Path, version: str, wanted: Wanted) -> int:
    """Write the PDF and say what it is; the exit code."""
    from metadata.event import now
    from metadata.model import VolumeId
    from workflows.pdf import export_pdf
    from workflows.progress import counted

    with counted(say("pdf_pages")) as progress:
        made = export_pdf(store, VolumeId(object_id), target, wanted, version=version or None, progress=progress)
    size = f"{made.facts.bytes / 1e6:.1f}"
    facts = {"id": made.object_id, "version": made.version, "pages": made.facts.pages, "words": made.facts.words}
    out().print(say("pdf_made", path=printable(str(made.path)), megabytes=size, **facts), markup=False)
    if made.facts.replaced:
        out().print(say("pdf_replaced", count=made.facts.replaced), markup=False)
    if made.unread:
        some = ", ".join(map(str, made.unread[:5]))
        out().print(say("pdf_unread", count=len(made.unread), pages=some), markup=False)
    if made.embargo > now()[:10]:
        out().print(say("pdf_embargoed", id=made.object_id, until=made.embargo), markup=False)
    return 0


def _handed(store: Store, object_id: str, target: Path, version: str, form: str) -> Exported | None:
    from metadata.model import VolumeId
    from workflows.exchange import export_kramerius, export_psp
    from workflows.kramerius import Unfit

    chosen = version or None
    if form != "kramerius":
        return export_psp(store, VolumeId(object_id), target, version=chosen, zipped=form == "zip")
    try:
        return export_kramerius(store, VolumeId(object_id), target, version=chosen)
    except Unfit as error:
        _complain(say("unfit", id=object_id, why=error.text()))
        return None


def _told(made: Exported, schemas: Path | None, *, images: bool, judged: bool) -> int:
    """Say what was handed out, and what is thought of it; the exit code."""
    from metadata.event import now
    from metadata.ndk.check.report import Verdict
    from metadata.ndk.check.validate import check
    from workflows.validation import as_text

    size = f"{made.bytes / 1e6:.1f}"
    facts = {"id": made.object_id, "version": made.version, "files": made.files, "megabytes": size}
    out().print(say("exported", path=made.path, **facts), markup=False)
    if judged:
        report = check(made.path, schemas=schemas, images=images)
        for line in as_text(report):
            out().print(line, markup=False)
        return 0 if report.verdict is Verdict.VALID else 1
    if made.embargo > now()[:10]:
        out().print(say("embargoed", id=made.object_id, until=made.embargo), markup=False)
    if made.strangers:
        out().print(say("strangers", count=len(made.strangers), pages=", ".join(made.strangers[:5])), markup=False)
    return 0


def import_packages(
    sources: Annotated[list[Path], typer.Argument(metavar="PSP|ZIP|BAG...", help=say("help.import.sources"))],
    *,
    new_version: Annotated[bool, typer.Option("--new-version", help=say("help.import.new_version"))] = False,
    no_images: NoImages = False,
    as_json: AsJson = False,
) -> None:
    """Take packages in; exit code 65 when one was refused, 66 when one is not there."""
    from workflows.founding import open_store
    from workflows.psp_import import State, Wish, import_package

    where = home()
    store, wish = open_store(where), Wish(images=not no_images, new_version=new_version)
    code, ended = 0, []
    for source in sources:
        try:
            done = import_package(where, store, source, wish)
        except FileNotFoundError as error:
            if source.exists():
                _stop(_UNREADABLE, say("unreadable", path=printable(str(error.filename or source)), why=error.strerror))
            _complain(say("absent", path=printable(str(source))))
            code = code or _ABSENT
            continue
        ended.append(done)
        if done.state is State.REFUSED:
            code = code or _REFUSED
        if not as_json:
            _shown(done)
    if as_json:
        show_json([_plain(done) for done in ended])
    sys.exit(code)


def _shown(done: Imported) -> None:
    from workflows.validation import as_text

    source = printable(str(done.source))
    if done.report is not None and done.report.complaints:
        for line in as_text(done.report):
            out().print(line, markup=False)
        out().print()
    if done.refusal is not None:
        _complain(say("imported_refused", source=source, why=done.refusal.text()))
        return
    facts = {"volume": done.volume, "version": done.version, "title": printable(done.title)}
    key = f"imported_{done.state.value}"
    out().print(say(key, source=source, copies=len(done.copies), **facts), markup=False)
    if done.gaps:
        counted = Counter(what for what, _ in done.gaps)
        told = [say("gap", what=say(f"gap_{what}"), count=count) for what, count in counted.items()]
        out().print(say("gaps", what="; ".join(told)), markup=False)


def _plain(done: Imported) -> dict[str, object]:
    """An import for programs."""
    return {
        "source": printable(str(done.source)),
        "state": done.state.value,
        "package": printable(done.package),
        "volume": done.volume,
        "title": printable(done.title),
        "version": done.version,
        "copies": list(done.copies),
        "refusal": done.refusal.text() if done.refusal else "",
        "not_told": [{"what": what, "where": printable(where)} for what, where in done.gaps],
        "judgement": done.report.plain() if done.report else None,
    }


def _complain(why: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(why, markup=False)


def _stop(code: int, why: str) -> NoReturn:
    _complain(why)
    sys.exit(code)
