"""A shelf on which some may be seen by some: volumes of two institutions with every kind of rights, and an oracle.

Every volume and page bears words, a title, a heading and identifiers that stand nowhere else: what an audience may not
see must appear in nothing that is answered to it (`assert_hidden`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from metadata.description import Organisation, Rights
from metadata.model import Division, DivisionKind, Page, Volume, new_division_id, new_page_id, new_volume_id
from repository.catalogue.rights.audience import EVERYWHERE, PUBLIC, Audience, Role
from repository.journal import Journal
from repository.store import Store
from tests.page_records import CREATED, description
from tests.stored_volumes import KEEPER, Shelf

HOME, MUSEUM = Organisation("LIA001", "Krajská vědecká knihovna"), Organisation("LIG501", "Severočeské muzeum")

OUTSIDE = PUBLIC
INSIDE = Audience(on_premises=True)
CURATOR = Audience("kurátorka", frozenset({Role.CURATOR}), frozenset({HOME.sigla}))
ARCHIVIST_OF_HOME = Audience("archivář domu", frozenset({Role.ARCHIVIST}), frozenset({HOME.sigla}))
CURATOR_EVERYWHERE = Audience("hlavní kurátorka", frozenset({Role.CURATOR}), frozenset({EVERYWHERE}))
ARCHIVIST = KEEPER
AUDIENCES = (OUTSIDE, INSIDE, CURATOR, ARCHIVIST_OF_HOME, CURATOR_EVERYWHERE, ARCHIVIST)

_FREE = Rights("pd")
_STAFF = replace(_FREE, access="staff")
# Name, institution, rights of the volume, rights of its second page.
_HELD: tuple[tuple[str, Organisation, Rights | None, Rights | None], ...] = (
    ("volny", HOME, _FREE, None),
    ("licence", MUSEUM, Rights("copyrighted", licence="CC BY-SA 4.0"), None),
    ("badatelna", HOME, replace(_FREE, access="premises"), None),
    ("neznamy", HOME, None, None),
    ("jednim", HOME, _FREE, _STAFF),
    ("cizijednim", MUSEUM, _FREE, replace(_FREE, embargo="2999-01-01")),
    ("pracovni", HOME, _STAFF, None),
    ("cizipracovni", MUSEUM, _STAFF, _FREE),
    ("budouci", HOME, replace(_FREE, embargo="2999-12-31"), None),
    ("minuly", MUSEUM, replace(_FREE, embargo="2001-01-01"), None),
    ("zkomoleny", MUSEUM, replace(_FREE, embargo="brzy"), None),
)
_OPEN = {"volny", "licence", "jednim", "cizijednim", "minuly"}
_HERE = {"badatelna", "neznamy"}
_HIDDEN_PAGES = {"jednim", "cizijednim"}


@dataclass(frozen=True, slots=True)
class Kept:
    """One volume: `words` of its pages, page by page, and the heading that stands on its second page."""

    name: str
    institution: str
    id: str
    title: str
    pages: tuple[str, ...]
    words: tuple[str, ...]
    heading: str
    division: str

    def visible(self, audience: Audience) -> bool:
        """Whether `audience` may see the volume."""
        if audience.works_for(self.institution):
            return True
        return self.name in _OPEN or (audience.on_premises and self.name in _HERE)

    def whole(self, audience: Audience) -> bool:
        """Whether it may see all pages; the second one is the one that may be hidden."""
        hidden = self.name in _HIDDEN_PAGES and not audience.works_for(self.institution)
        return self.visible(audience) and not hidden

    def hidden_from(self, audience: Audience) -> tuple[str, ...]:
        """All of it that `audience` must not meet."""
        if self.whole(audience):
            return ()
        second = (self.pages[1], self.words[1], self.heading, self.division)
        return second if self.visible(audience) else (self.id, self.title, self.pages[0], self.words[0], *second)


class RightsShelf(Shelf):
    """The shelf, filled and built; `kept` are its volumes by name. Every page bears the word "zvonice" besides.

    With `only`, nothing but what that audience may see was ever stored: the twin of a shelf on which the rest is
    hidden; `kept` tells of the rest too. `torn`: there are volumes of which a page is hidden.
    """

    def __init__(self, root: Path, only: Audience | None = None, *, torn: bool = True) -> None:
        super().__init__(root)
        # One moment for all, so that two shelves list the same volumes in the same order.
        self.store = Store(self.store.places, Journal(self.store.journal.root, clock=lambda: CREATED))
        held = [each for each in _HELD if torn or each[0] not in _HIDDEN_PAGES]
        self.kept = {name: self._keep(name, whose, rights, own, only) for name, whose, rights, own in held}
        self.build()

    def _keep(
        self, name: str, whose: Organisation, rights: Rights | None, own: Rights | None, only: Audience | None
    ) -> Kept:
        volume = new_volume_id(name)
        words = (f"prvni{name}xq", f"druha{name}xq")
        title, heading = f"Titul {name}tq", f"Nadpis {name}nq"
        about = replace(description(), title=title, institution=whose, identifiers=(), shelf_mark=f"sig-{name}")
        pages = tuple(
            Page(new_page_id(volume, f"{n}.tif"), n, f"{n}.tif", label=str(n), rights=own if n == 2 else None)
            for n in (1, 2)
        )
        division = Division(new_division_id(volume, heading), DivisionKind.CHAPTER, 2, 2, heading)
        kept = Kept(name, whose.sigla, volume, title, tuple(page.id for page in pages), words, heading, division.id)
        count = 2 if only is None or kept.whole(only) else int(kept.visible(only))
        if count:
            shelved = Volume(volume, name, about, pages[:count], divisions=(division,) * (count - 1), rights=rights)
            self.shelve(shelved, *(f"zvonice {word}" for word in words[:count]))
        return kept

    def hidden(self, audience: Audience = OUTSIDE) -> tuple[str, ...]:
        """All words, titles and identifiers that `audience` must not meet."""
        return tuple(text for each in self.kept.values() for text in each.hidden_from(audience))

    def volumes(self, audience: Audience) -> set[str]:
        """The volumes that `audience` sees, by UUID."""
        return {each.id for each in self.kept.values() if each.visible(audience)}

    def pages(self, audience: Audience) -> set[str]:
        """The pages that `audience` sees."""
        held = self.kept.values()
        return {p for each in held if each.visible(audience) for p in each.pages[: 1 + each.whole(audience)]}

    def assert_hidden(self, text: str, audience: Audience = OUTSIDE, *, asked: str = "") -> None:
        """Nothing in `text` is hidden from `audience`, but what it `asked` for itself."""
        met = [each for each in self.hidden(audience) if each.lower() in text.lower() and each not in asked]
        assert not met, f"{met} told to {audience}"
