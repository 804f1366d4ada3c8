"""The bad deliveries: each is named by the finding it must produce, and holds one good page beside the bad one."""

from __future__ import annotations

import io
import struct
import unicodedata
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from samples.drawing import scribble
from samples.scanning import Look, bitonal, grey, jpeg, png, put, scanned, tiff
from samples.setting import BOLD, DPI, ROMAN, Column, Face, Sheet

WIDTH, HEIGHT = 900, 700
VOLUME = "svazek"
_WORDS = (
    "Tato strana je v pořádku. Leží vedle strany nebo souboru, který v pořádku není, a dokazuje, že práce na "
    "ostatních stranách pokračuje. Hodiny na věži zatím odbily čtvrt na devět."
)
_DESCRIPTION = """\
title = "Vadná dodávka {code}: {slug}"
authors = ["Vavřinec Doubravka"]
year = "1934"
language = "ces"
type = "monograph"
institution = {{sigla = "LIA001", name = "Krajská vědecká knihovna v Liberci"}}
identifiers = {{urnnbn = "{urnnbn}"}}
"""
_EXTERNAL = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE mods [<!ENTITY outside SYSTEM "file:///etc/passwd">]>
<mods xmlns="http://www.loc.gov/mods/v3" version="3.8">
  <titleInfo><title>&outside;</title></titleInfo>
</mods>
"""
_UNCLOSED = """\
<?xml version="1.0" encoding="UTF-8"?>
<mods xmlns="http://www.loc.gov/mods/v3" version="3.8">
  <titleInfo><title>Hodinář a knihovna</titleInfo>
"""
_MARC = """\
  <record>
    <leader>00000nam a2200000 i 4500</leader>
    <controlfield tag="001">{system}</controlfield>
    <controlfield tag="008">190314s1934    xr            000 0 cze  </controlfield>
    <datafield tag="040" ind1=" " ind2=" ">
      <subfield code="a">LIA001</subfield>
      <subfield code="e">rda</subfield>
    </datafield>
{title}  </record>
"""
_MARC_TITLE = """\
    <datafield tag="245" ind1="1" ind2="0"><subfield code="a">{title}</subfield></datafield>
"""
_STRUCTURE = """\
[[part]]
kind = "chapter"
title = "Kapitola na straně, která ve svazku není"
first = 7
"""
_PERIODICAL = """\

[periodical]
title = "Modřínovské listy"
"""


def _sheet(title: str, words: str) -> Sheet:
    sheet = Sheet(WIDTH, HEIGHT)
    sheet.block()
    sheet.line(title, Face(BOLD, 13), WIDTH / 2, 130, "m")
    sheet.block()
    sheet.paragraph(words, Face(ROMAN, 11), Column(80, WIDTH - 160, 62), 230)
    return sheet


def _page(title: str, words: str = _WORDS) -> Image.Image:
    """A small clean page in black and white."""
    return bitonal(scanned(_sheet(title, words).ink, Look(noise=0, specks=0), seed=3))


def _shaded(title: str) -> Image.Image:
    """A small page in grey, with noise."""
    return grey(scanned(_sheet(title, _WORDS).ink, Look(specks=4), seed=4))


def _cut(content: bytes, share: float = 0.6) -> bytes:
    """What is left of a file when the copying stopped."""
    return content[: int(len(content) * share)]


def jp2(image: Image.Image, dpi: int = DPI) -> bytes:
    """A lossless JPEG 2000 file that says its resolution: a capture resolution box (ISO/IEC 15444-1, I.5.3.7.1)."""
    stream = io.BytesIO()
    image.save(stream, "JPEG2000", irreversible=False)
    content = stream.getvalue()
    metre = round(dpi / 0.0254)
    capture = struct.pack(">I4sHHHHbb", 18, b"resc", metre, 1, metre, 1, 0, 0)
    resolution = struct.pack(">I4s", 8 + len(capture), b"res ") + capture
    at = content.index(b"jp2h") - 4
    (size,) = struct.unpack_from(">I", content, at)
    header = struct.pack(">I", size + len(resolution)) + content[at + 4 : at + size]
    return content[:at] + header + resolution + content[at + size :]


def white_g4(width: int, height: int) -> bytes:
    """A bitonal TIFF with not one black pixel, written without ever holding it: each row is the single bit V0 (T.6)."""
    bits = "1" * height + "000000000001" * 2
    strip = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    here, behind = 158, 166  # the resolution as a rational number stands behind the directory, the strip behind that
    entries = (
        *((256, 4, width), (257, 4, height), (258, 3, 1), (259, 3, 4), (262, 3, 0), (273, 4, behind), (277, 3, 1)),
        *((278, 4, height), (279, 4, len(strip)), (282, 5, here), (283, 5, here), (296, 3, 2)),
    )
    directory = b"".join(struct.pack("<HHII", *entry[:2], 1, entry[2]) for entry in entries)
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + directory
    return head + struct.pack("<III", 0, DPI, 1) + strip


def _toml(folder: Path, code: str, slug: str, number: int) -> None:
    words = _DESCRIPTION.format(code=code, slug=slug, urnnbn=f"urn:nbn:cz:li001-{number:06d}")
    put(folder / "volume.toml", words.encode())


def _stray(folder: Path, title: str) -> None:
    put(folder / "protokol-skeneru.log", "Sken 0001 hotov.\nObsluha: ranní směna\n".encode())


def _outside(folder: Path, title: str) -> None:
    put(folder.parent / "0002.tif", tiff(_page(title + " mimo svazek"), "group4"))


def _broken_toml(folder: Path, title: str) -> None:
    put(folder / "volume.toml", 'title = "Hodinář a knihovna\nyear = 1934\n'.encode())


def _wrong_identifier(folder: Path, title: str) -> None:
    path = folder / "volume.toml"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("identifiers")]
    put(path, "\n".join([*lines, 'identifiers = {urnnbn = "urn:nbn:cz:LIBEREC/1"}', ""]).encode())


def _periodical_of_a_monograph(folder: Path, title: str) -> None:
    path = folder / "volume.toml"
    put(path, (path.read_text(encoding="utf-8") + _PERIODICAL).encode())


def _catalogued(**titles: str) -> bytes:
    """A MARCXML collection of records, by system number; one whose title is empty has no field for it."""
    fields = {system: title and _MARC_TITLE.format(title=title) for system, title in titles.items()}
    records = (_MARC.format(system=system, title=field) for system, field in fields.items())
    opened = '<?xml version="1.0" encoding="UTF-8"?>\n<collection xmlns="http://www.loc.gov/MARC21/slim">\n'
    return f"{opened}{''.join(records)}</collection>\n".encode()


def _link_out(folder: Path, title: str) -> None:
    (folder / "0002.tif").symlink_to(Path("../../../../README.md"))


def _twins(folder: Path, title: str) -> None:
    name = "0002_příloha.tif"
    composed, decomposed = unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)
    for twin, words in ((composed, " složená"), (decomposed, " rozložená")):
        put(folder / twin, tiff(_page(title + words), "group4"))


def _empty_volume(folder: Path, title: str) -> None:
    put(folder.parent / "svazek-bez-skenu" / ".gitkeep", b"")


def _bomb(folder: Path, title: str) -> None:
    put(folder / "0002.tif", white_g4(30_000, 30_000))


def _silent(folder: Path, title: str) -> None:
    stream = io.BytesIO()
    _shaded(title).save(stream, "JPEG", quality=70)
    put(folder / "0002.jpg", stream.getvalue())
    put(folder / "0003.tif", tiff(_page(title + " podruhé"), "group4", None))


def _unequal(folder: Path, title: str) -> None:
    page = _page(title).resize((WIDTH, HEIGHT * 4 // 3))
    put(folder / "0002.tif", tiff(page, "group4", (300, 400)))


def _blank(folder: Path, title: str) -> None:
    page = grey(scanned(Image.new("L", (WIDTH, HEIGHT), 0), Look(specks=0), seed=14))
    put(folder / "0002.jpg", jpeg(page, 70))


def _wordless(folder: Path, title: str) -> None:
    page = grey(scanned(scribble(1, 1000, 1000), Look(specks=0), seed=15))
    put(folder / "0002.jpg", jpeg(page, 45))


def _bytes(name: str, content: Callable[[str], bytes]) -> Callable[[Path, str], None]:
    """A maker that adds one file."""

    def make(folder: Path, title: str) -> None:
        put(folder / name, content(title))

    return make


MAKERS: dict[str, Callable[[Path, str], None]] = {
    "C004_two_records": _bytes(
        "record.xml", lambda _: _catalogued(kdr000000901="Hodinář a knihovna", kdr000000902="Hodinář a knihovnice")
    ),
    "C005_record_without_title": _bytes("record.xml", lambda _: _catalogued(kdr000000903="")),
    "D005_link_out": _link_out,
    "D006_nfc_nfd_twins": _twins,
    "D008_stray_file": _stray,
    "D009_scan_outside_volume": _outside,
    "D011_broken_volume_toml": _broken_toml,
    "D011_periodical_of_a_monograph": _periodical_of_a_monograph,
    "D011_wrong_identifier": _wrong_identifier,
    "D012_external_entity": _bytes("mods.xml", lambda _: _EXTERNAL.encode()),
    "D013_broken_xml": _bytes("mods.xml", lambda _: _UNCLOSED.encode()),
    "D016_empty_volume_folder": _empty_volume,
    "P001_empty_file": _bytes("0002.tif", lambda _: b""),
    "P002_text_named_tif": _bytes("0002.tif", lambda _: "Tady měl být sken.\n".encode()),
    "P003_truncated_tiff": _bytes("0002.tif", lambda title: _cut(tiff(_page(title), "raw"))),
    "P003_truncated_jpeg": _bytes("0002.jpg", lambda title: _cut(jpeg(_shaded(title), 70))),
    "P003_truncated_png": _bytes("0002.png", lambda title: _cut(png(_page(title)))),
    "P003_truncated_jp2": _bytes("0002.jp2", lambda title: _cut(jp2(_page(title).convert("L")))),
    "P004_bomb": _bomb,
    "P005_jpeg_named_tif": _bytes("0002.tif", lambda title: jpeg(_shaded(title), 70)),
    "P010_no_resolution": _silent,
    "P012_72_dpi": _bytes("0002.jpg", lambda title: jpeg(_shaded(title), 70, 72)),
    "P013_unequal_resolution": _unequal,
    "P014_blank_page": _blank,
    "T001_ink_without_words": _wordless,
    "V013_pages_do_not_fit": _bytes("pages.csv", lambda _: "sken;číslo\r\n0001.tif;1\r\n0002.tif;2\r\n".encode()),
    "V013_structure_does_not_fit": _bytes("structure.toml", lambda _: _STRUCTURE.encode()),
}


def make_bad(root: Path) -> None:
    """Write every bad delivery below `root`, which must not hold them yet."""
    put(root / "D001_no_scans" / "seznam.txt", "Skeny nedorazily, kopírování skončilo chybou.\n".encode())
    for number, (name, spoil) in enumerate(sorted(MAKERS.items()), start=900):
        code, slug = name.split("_", 1)
        folder = root / name / VOLUME
        _toml(folder, code, slug, number)
        put(folder / "0001.tif", tiff(_page(f"Dobrá strana {code}"), "group4"))
        spoil(folder, f"Strana {slug.replace('_', ' ')}")
