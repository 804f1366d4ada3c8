"""Words found in a volume as annotations on its Canvases: IIIF Content Search API 2.0 and 1.0.

Each box of a found word is an annotation of its own: a word broken at a line end has two, a phrase one for each word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from metadata.geometry import Box
from repository.catalogue.iiif.canvas import Json, canvas_id, place
from repository.catalogue.reading.hits import WITHIN
from repository.catalogue.reading.page_words import Lit
from repository.catalogue.reading.rows import Row

CONTEXT_2 = "http://iiif.io/api/search/2/context.json"
_CONTEXT_1 = ["http://iiif.io/api/presentation/2/context.json", "http://iiif.io/api/search/1/context.json"]
PAGES = 20
"""So many pages with hits are in one answer; the next ones are in the next (2.0, 4.3)."""

FOUND = f"""
select page.uuid, page.volume, page.position, page.label, page.width, page.height, page.alto
{WITHIN.rstrip()} offset :passed
"""
"""The pages of a volume that an FTS5 expression finds, part by part; to be asked trusted."""

_IGNORED = ("date", "user")
_TEXT = frozenset({"supplementing", "painting", "sc:painting"})


@dataclass(frozen=True, slots=True)
class Question:
    """What a viewer asks `address` (our service for one volume): the words `typed`, the answer's `number` from 1.

    `motivation` as given (space separated; empty: any); `ignored` are the parameters that we take no notice of.
    """

    address: str
    typed: str
    motivation: str = ""
    number: int = 1
    ignored: tuple[str, ...] = ()

    @property
    def ours(self) -> bool:
        """Whether text is asked for, all that we have: by its motivation, or none told."""
        return not self.motivation.split() or bool(_TEXT & set(self.motivation.split()))

    def link(self, number: int) -> str:
        """The address of the answer `number`."""
        told = {"q": self.typed, "motivation": self.motivation, "page": str(number) if number > 1 else ""}
        return f"{self.address}?{urlencode({name: value for name, value in told.items() if value})}"


@dataclass(frozen=True, slots=True)
class Answer:
    """The pages with what was asked, each with its hits; `more` are to follow. `base` is our address."""

    base: str
    question: Question
    found: tuple[tuple[Row, tuple[Lit, ...]], ...]
    more: bool

    def hits(self) -> Iterator[tuple[Row, Lit]]:
        """Every hit with its page, in order."""
        for page, lit in self.found:
            yield from ((page, each) for each in lit)

    @property
    def total(self) -> int | None:
        """How many annotations there are in all; nothing when that was not counted."""
        whole = not self.more and self.question.number == 1
        return sum(len(hit.boxes) for _, hit in self.hits()) if whole else None


def question(address: str, typed: str, told: dict[str, str], number: int) -> Question:
    """What was asked of `address`: `told` are the parameters as given."""
    ignored = tuple(name for name in _IGNORED if name in told)
    return Question(address, typed, " ".join(told.get("motivation", "").split()), number, ignored)


def version_2(answer: Answer) -> Json:
    """The answer in Content Search API 2.0: an AnnotationPage, the text around each hit beside it (4.4)."""
    asked, base = answer.question, answer.base
    items, beside = [], []
    for page, hit in answer.hits():
        for box in hit.boxes:
            items.append(_annotation_2(base, page, hit, box))
        beside.append(_context_2(base, page, hit))
    whole: Json = {"id": asked.link(1) + "#all", "type": "AnnotationCollection"}
    whole |= {"total": answer.total} if answer.total is not None else {}
    whole["first"] = {"id": asked.link(1), "type": "AnnotationPage"}
    made: Json = {"@context": CONTEXT_2, "id": asked.link(asked.number), "type": "AnnotationPage", "partOf": whole}
    made |= {"ignored": list(asked.ignored)} if asked.ignored else {}
    made |= {name: {"id": link, "type": "AnnotationPage"} for name, link in _neighbours(answer)}
    made["items"] = items
    if beside:
        made["annotations"] = [{"id": f"{made['id']}#context", "type": "AnnotationPage", "items": beside}]
    return made


def version_1(answer: Answer) -> Json:
    """The answer in Content Search API 1.0: an AnnotationList with `hits` (3.4)."""
    asked, base = answer.question, answer.base
    layer: Json = {"@type": "sc:Layer", "first": asked.link(1)}
    layer |= {"total": answer.total} if answer.total is not None else {}
    layer |= {"ignored": list(asked.ignored)} if asked.ignored else {}
    made: Json = {"@context": _CONTEXT_1, "@id": asked.link(asked.number), "@type": "sc:AnnotationList"}
    made |= {"within": layer, **dict(_neighbours(answer))}
    made["resources"] = [_annotation_1(base, page, hit, box) for page, hit in answer.hits() for box in hit.boxes]
    made["hits"] = [
        {
            "@type": "search:Hit",
            "annotations": [_id(base, page, box) for box in hit.boxes],
            "match": hit.text,
            "before": hit.before,
            "after": hit.after,
        }
        for page, hit in answer.hits()
    ]
    return made


def _neighbours(answer: Answer) -> Iterator[tuple[str, str]]:
    asked = answer.question
    if answer.more:
        yield "next", asked.link(asked.number + 1)
    if asked.number > 1:
        yield "prev", asked.link(asked.number - 1)


def _id(base: str, page: Row, box: Box) -> str:
    return f"{canvas_id(base, page['uuid'])}/word/{box.left},{box.top},{box.width},{box.height}"


def _annotation_2(base: str, page: Row, hit: Lit, box: Box) -> Json:
    return {
        "id": _id(base, page, box),
        "type": "Annotation",
        "motivation": "supplementing",
        "body": {"type": "TextualBody", "value": hit.text, "format": "text/plain"},
        "target": place(base, page, box),
    }


def _context_2(base: str, page: Row, hit: Lit) -> Json:
    quote = {"type": "TextQuoteSelector", "prefix": hit.before, "exact": hit.text, "suffix": hit.after}
    source = _id(base, page, hit.boxes[0])
    return {
        "id": f"{source}/context",
        "type": "Annotation",
        "motivation": "contextualizing",
        "target": {"type": "SpecificResource", "source": source, "selector": [quote]},
    }


def _annotation_1(base: str, page: Row, hit: Lit, box: Box) -> Json:
    return {
        "@id": _id(base, page, box),
        "@type": "oa:Annotation",
        "motivation": "sc:painting",
        "resource": {"@type": "cnt:ContentAsText", "format": "text/plain", "chars": hit.text},
        "on": place(base, page, box),
    }
