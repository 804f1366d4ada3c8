"""On which side of the opened volume each page lies: odd numbers right, even left, others as their neighbours say."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from metadata.model import Side
from ocr.numbering import Place
from ocr.proposal import Guess, Why
from ocr.sight import PageSight

# So much wider than its volume's pages is a plate that folds out, or a spread that was not parted.
_WIDE = 1.5
_BY_NEIGHBOURS, _BY_ORDER, _ALONE, _FOLDS_OUT = 0.6, 0.35, 0.9, 0.7


def sides(sights: Sequence[PageSight], places: Sequence[Place], *, bound: bool = True) -> tuple[Guess[Side], ...]:
    """The side of each page (`sights` and `places` of the same pages, in rising order).

    A volume of one page, or one that is not `bound` (maps, photographs), has single pages only; so are pages much wider
    than the others, and spreads whose two numbers were read.
    """
    if not bound or len(sights) == 1:
        return tuple(Guess(Side.SINGLE, _ALONE, Why.SINGLE) for _ in sights)
    usual = median([sight.text.width for sight in sights] or [0])
    known = [_known(sight, place, usual) for sight, place in zip(sights, places, strict=True)]
    turned = [(sight.order, guess.value) for sight, guess in zip(sights, known, strict=True) if guess and _turns(guess)]
    return tuple(guess or _neighbour(sight.order, turned) for sight, guess in zip(sights, known, strict=True))


def _known(sight: PageSight, place: Place, usual: float) -> Guess[Side] | None:
    line, text = place.line, sight.text
    spread = line is not None and line.step == 2 and text.width > text.height
    if spread or text.width > _WIDE * usual:
        return Guess(Side.SINGLE, _FOLDS_OUT, Why.SINGLE)
    if line is None:
        return None
    number = line.number(sight.order)
    leaf = (number + 1) // 2 if line.step == 2 else number
    return Guess(_side(leaf), place.label.confidence, Why.PARITY)


def _neighbour(order: int, turned: Sequence[tuple[int, Side]]) -> Guess[Side]:
    if not turned:
        return Guess(_side(order), _BY_ORDER, Why.ORDER)
    beside, side = min(turned, key=lambda known: abs(known[0] - order))
    same = (beside - order) % 2 == 0
    return Guess(
        side if same else _other(side), _BY_NEIGHBOURS if abs(beside - order) < 3 else _BY_ORDER, Why.NEIGHBOURS
    )


def _turns(guess: Guess[Side]) -> bool:
    return guess.value is not Side.SINGLE


def _side(number: int) -> Side:
    return Side.RIGHT if number % 2 else Side.LEFT


def _other(side: Side) -> Side:
    return Side.LEFT if side is Side.RIGHT else Side.RIGHT
