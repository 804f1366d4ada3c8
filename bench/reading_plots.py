"""The pictures of bench/quality.py as SVG: error by group, confidence against what came true, faults found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from bench.reading_errors import Bin

# Told apart by lightness as well, for those who see no colours and for grey print.
PLAIN_COLOUR, OUR_COLOUR = "#b8b8b8", "#1f5a94"
_LABELS, _BAR, _GAP, _WIDTH = 110, 12, 12, 420
_SIDE, _MARGIN = 300, 50


def error_bars(groups: Sequence[tuple[str, float, float]]) -> str:
    """Bars of the character error: (group, plain Tesseract's, ours) from the top; errors 0..1, the widest fills."""
    widest = max((max(plain, own) for _, plain, own in groups), default=0.0) or 1.0
    parts = [_legend(_LABELS, {"Tesseract --psm 3": PLAIN_COLOUR, "kdr": OUR_COLOUR})]
    for number, (name, *both) in enumerate(groups):
        top = 30 + number * (2 * _BAR + _GAP)
        parts.append(_text(_LABELS - 8, top + _BAR + 4, name, "end"))
        for row, (error, colour) in enumerate(zip(both, (PLAIN_COLOUR, OUR_COLOUR), strict=True)):
            y, length = top + row * _BAR, _WIDTH * error / widest
            parts.append(f'<rect x="{_LABELS}" y="{y}" width="{length:.1f}" height="{_BAR - 1}" fill="{colour}"/>')
            parts.append(_text(_LABELS + length + 5, y + _BAR - 2, f"{100 * error:.1f} %", "start"))
    return _picture(_LABELS + _WIDTH + 60, 30 + len(groups) * (2 * _BAR + _GAP), "Character error by group", parts)


def rate_bars(rates: Sequence[tuple[str, float]]) -> str:
    """Bars of shares found: (fault, 0..1) from the top; the dashed line stands at 95 %."""
    parts = []
    for number, (name, share) in enumerate(rates):
        y, length = 10 + number * (_BAR + _GAP // 2), _WIDTH * share
        parts.append(_text(_LABELS + 20, y + _BAR - 2, name, "end"))
        parts.append(f'<rect x="{_LABELS + 28}" y="{y}" width="{length:.1f}" height="{_BAR - 1}" fill="{OUR_COLOUR}"/>')
        parts.append(_text(_LABELS + 33 + length, y + _BAR - 2, f"{100 * share:.1f} %", "start"))
    height, at = 20 + len(rates) * (_BAR + _GAP // 2), _LABELS + 28 + 0.95 * _WIDTH
    parts.append(f'<line x1="{at}" y1="4" x2="{at}" y2="{height - 4}" stroke="#777777" stroke-dasharray="4 4"/>')
    return _picture(_LABELS + _WIDTH + 100, height, "Share of seeded faults found", parts)


def reliability_diagram(readings: Mapping[str, Sequence[Bin]]) -> str:
    """For each reading the share of right words over their mean confidence; a circle's area tells how many words.

    The first is ours, the second plain Tesseract's. On the diagonal a word said 0.9 is right nine times of ten.
    """
    colours = dict(zip(readings, (OUR_COLOUR, PLAIN_COLOUR), strict=False))
    parts = [_axes(), _legend(_MARGIN, colours)]
    for name, bins in reversed(list(readings.items())):
        total = sum(each.count for each in bins) or 1
        for each in bins:
            if each.count:
                x, y = _MARGIN + _SIDE * each.confidence, _MARGIN + _SIDE * (1 - each.right)
                radius = 3 + 22 * (each.count / total) ** 0.5
                shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"'
                parts.append(f'{shape} fill="{colours[name]}" fill-opacity="0.75" stroke="#333333"/>')
    side = _SIDE + 2 * _MARGIN
    return _picture(side, side, "Word confidence and share of right words", parts)


def _axes() -> str:
    low, high = _MARGIN, _MARGIN + _SIDE
    parts = [
        f'<rect x="{low}" y="{low}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#777777"/>',
        f'<line x1="{low}" y1="{high}" x2="{high}" y2="{low}" stroke="#777777" stroke-dasharray="4 4"/>',
        _text(low + _SIDE / 2, high + 36, "confidence", "middle"),
        _text(low, low - 8, "right", "end"),
    ]
    for tenth in range(0, 11, 2):
        at = _SIDE * tenth / 10
        parts.append(_text(low + at, high + 18, f"{tenth / 10:g}", "middle"))
        parts.append(_text(low - 8, high - at + 4, f"{tenth / 10:g}", "end"))
    return "".join(parts)


def _legend(left: float, colours: Mapping[str, str]) -> str:
    parts = []
    for number, (name, colour) in enumerate(colours.items()):
        x = left + 150 * number
        parts.append(f'<rect x="{x}" y="8" width="12" height="12" fill="{colour}"/>')
        parts.append(_text(x + 18, 18, name, "start"))
    return "".join(parts)


def _text(x: float, y: float, content: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(content)}</text>'


def _picture(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    style = 'font-family="sans-serif" font-size="12" role="img"'
    ground = f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    return f"{head} {style}><title>{escape(title)}</title>{ground}{''.join(parts)}</svg>\n"
