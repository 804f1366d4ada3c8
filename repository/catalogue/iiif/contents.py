"""What is inside a volume as IIIF has it: a Range for each chapter, article or picture (Presentation API 3.0, 5.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from repository.catalogue.iiif.canvas import Json, canvas_id
from repository.catalogue.iiif.language_map import LanguageMap, printed, said, value_called
from repository.catalogue.reading.rows import Row

_Inside = Mapping[str | None, Sequence[Row]]


def contents(base: str, volume: str, pages: Sequence[Row], divisions: Sequence[Row]) -> list[Json]:
    """The table of contents of `volume`: one Range with all the others in it; nothing where there are none.

    `divisions` are in the order of reading; one that has no page among `pages` is left out.
    """
    inside: defaultdict[str | None, list[Row]] = defaultdict(list)
    for division in divisions:
        inside[division["parent"]].append(division)
    held = {page["position"]: canvas_id(base, page["uuid"]) for page in pages}
    items = [made for division in inside[None] if (made := _range(base, division, inside, held))]
    if not items:
        return []
    top = {"id": f"{base}/iiif/range/{volume}", "type": "Range", "label": said("manifest.contents"), "items": items}
    return [top]


def _range(base: str, division: Row, inside: _Inside, held: Mapping[int, str]) -> Json | None:
    children = inside.get(division["id"], ())
    covered = {order for child in children for order in range(child["first_page"], child["last_page"] + 1)}
    own = range(division["first_page"], division["last_page"] + 1)
    # A page stands before the part that begins after it.
    placed: list[tuple[int, int, Json]] = [
        (order, 0, {"id": held[order], "type": "Canvas"}) for order in own if order in held and order not in covered
    ]
    made = ((child, _range(base, child, inside, held)) for child in children)
    placed += [(child["first_page"], child["position"], given) for child, given in made if given]
    if not placed:
        return None
    items = [item for *_, item in sorted(placed, key=lambda each: each[:2])]
    return {
        "id": f"{base}/iiif/range/{quote(division['id'], safe='')}",
        "type": "Range",
        "label": _label(division),
        "items": items,
    }


def _label(division: Row) -> LanguageMap:
    titled = ": ".join(filter(None, (division["title"], division["subtitle"])))
    told = " ".join(filter(None, (division["number"], titled)))
    return printed(told) if told else value_called("kind", division["kind"])
