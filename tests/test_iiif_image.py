"""Readers' images: cut from an access copy, which is made once, whole and bounded, and seen by whom it may be."""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from metadata.description import Rights
from metadata.model import VolumeId
from metadata.problem import Problem
from repository.catalogue.house import Config, House
from repository.catalogue.iiif import access_copies, image, image_routes, pyramid
from repository.catalogue.iiif.image_info import image_info
from repository.catalogue.iiif.image_request import rendering
from repository.catalogue.iiif.keeping import Shelf as Copies
from repository.catalogue.rights.audience import Audience
from repository.catalogue.serve import application
from tests.page_images import keep_pictures, squares, written
from tests.stored_volumes import KEEPER, Shelf, close

READER = Audience()
OPEN = Config(unknown_access="public")
WHOLE = "full/max/0/default.jpg"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The access copy of a picture in which every pixel says where it lies."""
    folder = tmp_path_factory.mktemp("copy")
    (folder / "source").write_bytes(written(gradient(1100, 900), "PNG"))
    pyramid.make(folder / "source", folder / "copy.tif", (1100, 900))
    return folder / "copy.tif"


def gradient(width: int, height: int) -> Image.Image:
    """Red grows to the right, green downwards, both slowly enough for JPEG."""
    rows, columns = np.mgrid[0:height, 0:width]
    red, green = columns * 255 // width, rows * 255 // height
    return Image.fromarray(np.dstack([red, green, np.full_like(red, 60)]).astype(np.uint8))


def seen(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(body))


def made(copy: Path, asked: str) -> Image.Image:
    region, size, turn, last = asked.split("/")
    return seen(image.render(copy, rendering((region, size, turn, last), (1100, 900), 25_000_000)))


def pages(shelf: Shelf) -> list[str]:
    return [str(row[0]) for row in shelf.rows("select uuid from page order by volume, position")]


def copies(house: House) -> list[Path]:
    return sorted(path for path in house.images.rglob("*") if path.is_file())


class TestCutting:
    @settings(max_examples=40, deadline=None)
    @given(data=st.data())
    def test_every_part_shows_what_lies_there(self, copy: Path, data: st.DataObject) -> None:
        x, y = data.draw(st.integers(0, 1060)), data.draw(st.integers(0, 860))
        width, height = data.draw(st.integers(1, 1100 - x)), data.draw(st.integers(1, 900 - y))
        w, h = data.draw(st.integers(1, width)), data.draw(st.integers(1, height))
        cut = made(copy, f"{x},{y},{width},{height}/{w},{h}/0/default.png")
        assert cut.size == (w, h)
        middle = cut.convert("RGB").getpixel((w // 2, h // 2))
        assert isinstance(middle, tuple)
        assert middle[0] == pytest.approx((x + (w // 2 + 0.5) * width / w) * 255 / 1100, abs=8)
        assert middle[1] == pytest.approx((y + (h // 2 + 0.5) * height / h) * 255 / 900, abs=8)

    @pytest.mark.parametrize("factor", [1, 2])
    def test_at_powers_of_two_the_pixels_are_those_of_the_pyramid(self, copy: Path, factor: int) -> None:
        with Image.open(copy) as levels:
            levels.seek(factor // 2)
            level = np.asarray(levels.convert("RGB")).astype(int)
        tile = f"{256 * factor},{128 * factor},{256 * factor},{256 * factor}/256,256/0/default.png"
        cut = np.asarray(made(copy, tile).convert("RGB")).astype(int)
        assert np.abs(cut - level[128:384, 256:512]).max() <= 2, "two decoders of JPEG may differ by a rounding"

    def test_turning_is_clockwise_and_after_mirroring(self, copy: Path) -> None:
        plain = np.asarray(made(copy, "full/110,90/0/default.png")).astype(int)
        for asked, expected in {
            "90": np.rot90(plain, -1),
            "180": np.rot90(plain, 2),
            "270": np.rot90(plain, 1),
            "!0": np.fliplr(plain),
            "!90": np.rot90(np.fliplr(plain), -1),
        }.items():
            assert np.array_equal(np.asarray(made(copy, f"full/110,90/{asked}/default.png")), expected), asked

    def test_any_angle_turns_the_same_way_and_leaves_corners_empty_or_white(self, copy: Path) -> None:
        clear, paper = made(copy, "full/110,90/45/default.png"), made(copy, "full/110,90/45/default.jpg")
        assert clear.mode == "RGBA"
        assert clear.getpixel((0, 0)) == (0, 0, 0, 0)
        assert paper.getpixel((0, 0)) == pytest.approx((255, 255, 255), abs=8)
        quarter = np.asarray(made(copy, "full/110,90/90/default.png").convert("RGB")).astype(int)
        nearly = np.asarray(made(copy, "full/110,90/89.99/default.png").convert("RGB")).astype(int)[1:-1, 1:-1]
        assert np.abs(nearly[20:70, 20:70] - quarter[20:70, 20:70]).mean() < 8

    @pytest.mark.parametrize(
        ("kind", "told"), [("jpg", "JPEG"), ("png", "PNG"), ("webp", "WEBP"), ("tif", "TIFF"), ("gif", "GIF")]
    )
    @pytest.mark.parametrize("quality", ["default", "color", "gray", "bitonal"])
    @pytest.mark.parametrize("turn", ["0", "33"])
    def test_every_format_holds_every_quality(self, copy: Path, kind: str, told: str, quality: str, turn: str) -> None:
        picture = made(copy, f"full/110,90/{turn}/{quality}.{kind}")
        assert picture.format == told
        rgb = np.asarray(picture.convert("RGB")).astype(int)
        grey = np.ptp(rgb, axis=2).max() <= 4
        assert grey == (quality in ("gray", "bitonal"))
        if quality == "bitonal" and kind in ("png", "tif", "gif"):
            assert set(np.unique(rgb)) == {0, 255}

    def test_the_smallest_and_the_thinnest_pages_are_shown(self, tmp_path: Path) -> None:
        for size in ((1, 1), (16, 16), (130, 3), (3, 1500), (2000, 5)):
            (tmp_path / "source").write_bytes(written(squares(1).resize(size), "PNG"))
            target = tmp_path / f"{size[0]}x{size[1]}.tif"
            pyramid.make(tmp_path / "source", target, size)
            for asked in ("max", "^pct:150", "1,1"):
                wanted = rendering(("full", asked, "0", "default.jpg"), size, 25_000_000)
                assert seen(image.render(target, wanted)).size == wanted.size


class TestSources:
    @pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA"])
    def test_jpeg_2000_of_every_kind(self, tmp_path: Path, mode: str) -> None:
        self.check(tmp_path, squares(10).convert(mode), written(squares(10).convert(mode)))

    @pytest.mark.parametrize(
        ("mode", "seen_as", "slack"),
        [("1", "1", 12), ("L", "L", 12), ("I;16", "L", 12), ("RGB", "RGB", 12), ("CMYK", "RGB", 40)],
    )
    def test_tiff_masters_of_a_migration(self, tmp_path: Path, mode: str, seen_as: str, slack: int) -> None:
        told = squares(10)
        if mode == "I;16":
            told = told.convert("L").convert("I").point(lambda value: value * 257)
        self.check(tmp_path, squares(10).convert(seen_as), written(told.convert(mode), "TIFF"), slack)

    @staticmethod
    def check(folder: Path, picture: Image.Image, content: bytes, slack: int = 12) -> None:
        (folder / "source").write_bytes(content)
        pyramid.make(folder / "source", folder / "copy.tif", (100, 100))
        with Image.open(folder / "copy.tif") as shown:
            assert shown.mode == ("RGB" if picture.mode in ("RGB", "RGBA") else "L")
            middles = np.asarray(shown.convert("RGB")).astype(int)[5::10, 5::10]
        assert np.abs(middles - np.asarray(picture.convert("RGB")).astype(int)[5::10, 5::10]).mean() < slack

    def test_colours_are_shown_by_their_profile(self, tmp_path: Path) -> None:
        """In a profile with red and blue swapped, a red page is blue."""
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        icc = profile.tobytes().replace(b"rXYZ", b"tXYZ").replace(b"bXYZ", b"rXYZ").replace(b"tXYZ", b"bXYZ")
        red = Image.new("RGB", (100, 100), (250, 5, 5))
        (tmp_path / "source").write_bytes(written(red, "TIFF", icc_profile=icc))
        pyramid.make(tmp_path / "source", tmp_path / "copy.tif", (100, 100))
        with Image.open(tmp_path / "copy.tif") as shown:
            r, _, b = shown.convert("RGB").getpixel((50, 50))  # type: ignore[misc]
        assert b > 150 > r

    def test_the_profile_of_a_jpeg_2000_counts_too(self, tmp_path: Path) -> None:
        icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        swapped = icc.replace(b"rXYZ", b"tXYZ").replace(b"bXYZ", b"rXYZ").replace(b"tXYZ", b"bXYZ")
        plain = written(Image.new("RGB", (100, 100), (250, 5, 5)))
        at = plain.index(b"colr") - 4
        old = int.from_bytes(plain[at : at + 4])
        box = (11 + len(swapped)).to_bytes(4) + b"colr\x02\x00\x00" + swapped
        header = plain.index(b"jp2h") - 4
        longer = (int.from_bytes(plain[header : header + 4]) - old + len(box)).to_bytes(4)
        content = plain[:header] + longer + plain[header + 4 : at] + box + plain[at + old :]
        (tmp_path / "source").write_bytes(content)
        pyramid.make(tmp_path / "source", tmp_path / "copy.tif", (100, 100))
        with Image.open(tmp_path / "copy.tif") as shown:
            r, _, b = shown.convert("RGB").getpixel((50, 50))  # type: ignore[misc]
        assert b > 150 > r

    @pytest.mark.parametrize("content", [b"", b"no picture", written(squares(10))[:900], written(squares(9))])
    def test_what_is_no_picture_of_the_page_is_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "source").write_bytes(content)
        with pytest.raises((ValueError, OSError)):
            pyramid.make(tmp_path / "source", tmp_path / "copy.tif", (100, 100))


class TestCopies:
    @pytest.fixture
    def kept(self, shelf: Shelf) -> VolumeId:
        return keep_pictures(shelf, "a", [squares(10), squares(20)])

    def path(self, shelf: Shelf, column: str) -> str:
        (told,) = shelf.rows(f"select {column} from page where position = 1")[0]  # noqa: S608 - our own names
        return str(told).partition("/")[2]

    def test_one_is_made_at_first_sight_and_used_from_then_on(self, shelf: Shelf, kept: VolumeId) -> None:
        page = pages(shelf)[0]
        assert [
            a.status_code for a in shelf.get(f"/iiif/3/{page}/{WHOLE}", f"/iiif/3/{page}/full/50,/0/default.jpg")
        ] == [200] * 2
        (path,) = copies(shelf.house)
        assert path.parent == shelf.house.images / page[:2] / page[2:4]
        before = path.stat().st_ino
        shelf.get(f"/iiif/3/{page}/{WHOLE}")
        assert path.stat().st_ino == before

    def test_without_the_user_copy_the_master_is_shown(self, shelf: Shelf, kept: VolumeId) -> None:
        shelf.spoil(kept, self.path(shelf, "user"), b"spoilt")
        (answer,) = shelf.get(f"/iiif/3/{pages(shelf)[0]}/{WHOLE}")
        assert answer.status_code == 200

    def test_damaged_bytes_are_never_shown(self, shelf: Shelf, kept: VolumeId) -> None:
        """A flipped bit decodes to a picture that looks almost right: only the checksum sees it."""
        for column in ("user", "master"):
            path = self.path(shelf, column)
            whole = shelf.spoil(kept, path, b"")
            shelf.spoil(kept, path, whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:])
        (answer,) = shelf.get(f"/iiif/3/{pages(shelf)[0]}/{WHOLE}")
        assert (answer.status_code, answer.text[:4]) == (503, "R020")
        assert copies(shelf.house) == []

    def test_the_next_place_helps(self, shelf: Shelf, kept: VolumeId) -> None:
        whole = shelf.spoil(kept, self.path(shelf, "user"), b"spoilt")
        shelf.spoil(kept, self.path(shelf, "master"), b"spoilt")

        class Other:
            name = "other"

            def open(self, *_: object) -> io.BytesIO:
                return io.BytesIO(whole)

        house = replace(shelf.house, places=lambda: (shelf.store.primary, Other()))  # type: ignore[arg-type,return-value]
        assert self.asked(house, shelf, lambda served, row: access_copies.access_copy(house, served, row)).is_file()

    @staticmethod
    def asked(house: House, shelf: Shelf, ask: Callable[..., Any]) -> Path:
        served = application(house)

        async def answer() -> Path:
            found = await served.get_database("catalogue").execute(
                "select * from page where uuid = ?", [pages(shelf)[0]]
            )
            return Path(await ask(served, dict(found.rows[0])))

        try:
            return asyncio.run(answer())
        finally:
            close(served)

    def test_what_cannot_be_decoded_is_told(self, shelf: Shelf) -> None:
        keep_pictures(shelf, "bad", [squares(10)], (b"no picture", written(squares(9))))
        (answer,) = shelf.get(f"/iiif/3/{pages(shelf)[0]}/{WHOLE}")
        assert (answer.status_code, answer.text[:4]) == (503, "R021")
        assert list(shelf.house.images.glob(".*")) == []

    def test_a_spoilt_access_copy_is_made_anew(self, shelf: Shelf, kept: VolumeId) -> None:
        address = f"/iiif/3/{pages(shelf)[0]}/{WHOLE}"
        before = shelf.get(address)[0].content
        (path,) = copies(shelf.house)
        image.forget(path)
        path.write_bytes(b"rubbish")
        assert shelf.get(address)[0].content == before

    def test_a_new_version_has_a_new_copy(self, shelf: Shelf, kept: VolumeId) -> None:
        address = f"/iiif/3/{pages(shelf)[0]}/{WHOLE}"
        first = shelf.get(address)[0]
        keep_pictures(shelf, "a", [squares(10).rotate(90), squares(20)])
        second = shelf.get(address)[0]
        assert first.content != second.content
        assert first.headers["etag"] != second.headers["etag"]

    def test_too_many_first_sights_are_told_to_come_again(self, shelf: Shelf, kept: VolumeId) -> None:
        with patch.object(access_copies, "MOST_WAITING", 0):
            (answer,) = shelf.get(f"/iiif/3/{pages(shelf)[0]}/{WHOLE}")
        assert (answer.status_code, answer.text[:4], answer.headers["retry-after"]) == (503, "R022", "5")

    def test_a_full_disk_is_told(self, shelf: Shelf, kept: VolumeId) -> None:
        with patch.object(Path, "replace", side_effect=OSError(28, "No space left on device")):
            (answer,) = shelf.get(f"/iiif/3/{pages(shelf)[0]}/{WHOLE}")
        assert (answer.status_code, answer.text[:4]) == (503, "R021")
        assert "No space left" in answer.text


class TestKeeping:
    @staticmethod
    def put(copies: Copies, name: str, size: int, age: float) -> Path:
        path = copies.root / "ab" / "cd" / f"{name}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
        now = path.stat().st_mtime
        os.utime(path, (now - age, now - age))
        return path

    def test_those_looked_at_least_lately_go(self, tmp_path: Path) -> None:
        shelf = Copies(tmp_path, 1000)
        old, used, middle = (self.put(shelf, name, 300, age) for name, age in (("a", 9e5), ("b", 8e5), ("c", 7e5)))
        assert shelf.used(used)
        assert not shelf.full()
        newest = self.put(shelf, "d", 300, 9.9e5)
        shelf.added(newest)
        assert [path.exists() for path in (old, used, middle, newest)] == [False, True, True, True]
        assert shelf.full() is (900 > 1000 * 0.9)

    def test_the_newest_stays_though_it_alone_is_too_large(self, tmp_path: Path) -> None:
        shelf = Copies(tmp_path, 100)
        newest = self.put(shelf, "a", 300, 0)
        shelf.added(newest)
        assert newest.exists()
        assert shelf.full()

    def test_unfinished_ones_are_left_while_young(self, tmp_path: Path) -> None:
        shelf = Copies(tmp_path, 100)
        young, old = tmp_path / f"{Copies.DRAFT}a", tmp_path / f"{Copies.DRAFT}b"
        for draft in (young, old):
            draft.mkdir()
        os.utime(old, (0, 0))
        shelf.added(self.put(shelf, "a", 300, 0))
        assert (young.exists(), old.exists()) == (True, False)

    def test_what_is_gone_is_not_there(self, tmp_path: Path) -> None:
        shelf = Copies(tmp_path, 100)
        path = self.put(shelf, "a", 1, 0)
        assert shelf.used(path)
        path.unlink()
        assert not shelf.used(path)


class TestAnswers:
    @pytest.fixture
    def page(self, shelf: Shelf) -> str:
        keep_pictures(
            shelf, "a", [squares(10)], rights=Rights(licence="https://creativecommons.org/publicdomain/mark/1.0/")
        )
        return f"/iiif/3/{pages(shelf)[0]}"

    def test_the_service_says_what_it_does(self, shelf: Shelf, page: str) -> None:
        told = shelf.get(f"{page}/info.json", audience=READER)[0]
        info = told.json()
        assert told.headers["content-type"] == "application/json"
        assert info["id"] == f"http://localhost{page}"
        assert (info["type"], info["protocol"], info["profile"]) == (
            "ImageService3",
            "http://iiif.io/api/image",
            "level2",
        )
        assert info["rights"] == "https://creativecommons.org/publicdomain/mark/1.0/"
        sizes = [f"{page}/full/{size['width']},{size['height']}/0/default.jpg" for size in info["sizes"]]
        assert {answer.status_code for answer in shelf.get(*sizes)} == {200}

    def test_behind_a_proxy_its_address_is_the_one_set_up(self, shelf: Shelf, page: str) -> None:
        config = Config(address="https://katalog.example.cz/")
        info, service = shelf.get(f"{page}/info.json", page, audience=READER, config=config)
        assert info.json()["id"] == f"https://katalog.example.cz{page}"
        assert (service.status_code, service.headers["location"]) == (
            303,
            f"https://katalog.example.cz{page}/info.json",
        )

    def test_linked_data_is_given_to_those_who_ask(self, shelf: Shelf, page: str) -> None:
        answer = self.asking(shelf, f"{page}/info.json", accept="application/ld+json")
        assert answer.headers["content-type"] == 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"'
        assert "Accept" in answer.headers["vary"]

    @pytest.mark.parametrize("path", ["info.json", WHOLE])
    def test_what_the_reader_has_is_not_sent_again(self, shelf: Shelf, page: str, path: str) -> None:
        tag = shelf.get(f"{page}/{path}", audience=READER)[0].headers["etag"]
        for known in (tag, f'"other", W/{tag}', "*"):
            again = self.asking(shelf, f"{page}/{path}", **{"if-none-match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert self.asking(shelf, f"{page}/{path}", **{"if-none-match": '"other"'}).status_code == 200

    @staticmethod
    def asking(shelf: Shelf, path: str, **headers: str) -> Any:  # noqa: ANN401 - Datasette's answer
        served = application(shelf.housed(replace(OPEN, premises=())))
        try:
            return asyncio.run(served.client.get(path, headers=headers))
        finally:
            close(served)

    def test_everyones_may_be_kept_by_anybody_though_the_reader_has_cookies(self, shelf: Shelf, page: str) -> None:
        for headers in ({}, {"cookie": "kdr_lang=en"}):
            answer = self.asking(shelf, f"{page}/{WHOLE}", **headers)
            assert answer.headers["cache-control"] == "public, max-age=3600"
            assert "kdr-keep" not in answer.headers
            assert "Cookie" not in answer.headers["vary"]

    def test_an_answer_that_sets_a_cookie_is_its_readers_own(self, shelf: Shelf, page: str) -> None:
        assert page
        told: list[dict[str, Any]] = []

        async def signed_in_anew(_scope: dict[str, Any], _receive: object, send: Callable[..., Any]) -> None:
            names = {b"set-cookie": b"a=b", b"cache-control": b"private, no-store", b"kdr-keep": b"public"}
            await send({"type": "http.response.start", "headers": list(names.items())})

        async def send(message: dict[str, Any]) -> None:
            told.append(message)

        served = application(shelf.house)
        try:
            asyncio.run(image_routes.door(served, signed_in_anew)({"type": "http"}, None, send))
        finally:
            close(served)
        assert told[0]["headers"] == [(b"set-cookie", b"a=b"), (b"cache-control", b"private, no-store")]

    def test_why_an_image_is_refused_is_said_in_the_readers_language(self, shelf: Shelf, page: str) -> None:
        czech = self.asking(shelf, f"{page}/full/9999,/0/default.jpg")
        english = self.asking(shelf, f"{page}/full/9999,/0/default.jpg", cookie="kdr_lang=en")
        assert (czech.status_code, czech.text) == (
            400,
            "Výřez má jen 100 × 100 bodů; zvětšení si vyžádejte znakem ^ před velikostí.\n",
        )
        assert english.text == "The region has only 100 × 100 pixels; ask for enlarging with ^ before the size.\n"
        assert czech.headers["access-control-allow-origin"] == "*"

    @given(width=st.integers(1, 40_000), height=st.integers(1, 40_000), area=st.integers(1_000_000, 10**9))
    def test_all_sizes_and_tiles_it_tells_of_may_be_asked_for(self, width: int, height: int, area: int) -> None:
        info = image_info("x", {"width": width, "height": height, "licence": None}, area)
        json.dumps(info)
        assert "rights" not in info
        for size in info["sizes"]:
            rendering(("full", f"{size['width']},{size['height']}", "0", "default.jpg"), (width, height), area)
        (tiles,) = info["tiles"]
        assert max(width, height) <= tiles["width"] * tiles["scaleFactors"][-1]


class TestRights:
    """What one may not see answers as what is not there."""

    PATHS = ("", "/info.json", f"/{WHOLE}", "/full/9999,/0/default.jpg", "/rubbish/9/9/9.9")
    NOBODYS = "00000000-0000-4000-8000-000000000000"

    @pytest.mark.parametrize(
        "rights",
        [Rights(access="staff"), Rights(access="premises"), Rights(access="public", embargo="2999-01-01")],
        ids=lambda rights: rights.access + rights.embargo,
    )
    def test_unseen_pages_do_not_exist_and_seen_ones_are_nobody_elses(self, shelf: Shelf, rights: Rights) -> None:
        keep_pictures(shelf, "a", [squares(10)], rights=rights)
        (page,) = pages(shelf)
        warm = shelf.get(*(f"/iiif/3/{page}{path}" for path in self.PATHS[1:3]), audience=KEEPER)
        for answer in warm:
            assert answer.status_code == 200
            assert "private" in answer.headers["cache-control"]
        tag = warm[1].headers["etag"]
        for path in self.PATHS:
            hidden, absent = shelf.get(f"/iiif/3/{page}{path}", f"/iiif/3/{self.NOBODYS}{path}", audience=READER)
            assert (hidden.status_code, hidden.content) == (404, absent.content)
            assert hidden.headers == absent.headers
            assert hidden.headers["cache-control"] == "no-store"
        known = TestAnswers.asking(shelf, f"/iiif/3/{page}/{WHOLE}", **{"if-none-match": tag})
        assert known.status_code == 404

    def test_of_unknown_rights_the_house_decides(self, shelf: Shelf) -> None:
        keep_pictures(shelf, "a", [squares(10)], rights=Rights())
        address = f"/iiif/3/{pages(shelf)[0]}/{WHOLE}"
        for access, status in (("public", 200), ("premises", 404), ("staff", 404)):
            (answer,) = shelf.get(address, audience=READER, config=Config(unknown_access=access))
            assert answer.status_code == status, access


def test_no_more_than_so_many_pixels_are_given(shelf: Shelf) -> None:
    keep_pictures(shelf, "a", [squares(10)])
    address = f"/iiif/3/{pages(shelf)[0]}"
    config = replace(OPEN, image_megapixels=0.0025)
    bomb, most, info = shelf.get(
        f"{address}/full/60,/0/default.jpg", f"{address}/full/max/0/default.png", f"{address}/info.json", config=config
    )
    assert bomb.status_code == 400
    assert seen(most.content).size == (50, 50)
    assert info.json()["maxArea"] == 2500


def test_a_problem_is_raised_for_a_page_without_files(shelf: Shelf) -> None:
    keep_pictures(shelf, "a", [squares(10)])
    served = application(shelf.house)
    try:
        with pytest.raises(Problem, match="R020"):
            asyncio.run(access_copies.stored(served, {"uuid": TestRights.NOBODYS, "user": "v0001/x"}))
    finally:
        close(served)
