"""MIX: the technical facts of an image in the words of the data dictionary."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata import mix
from metadata.markup import Element, violations
from metadata.model import ImageFacts
from tests.page_records import ENCODER, MASTER_IMAGE, SCAN_IMAGE, images

NS = {"mix": "http://www.loc.gov/mix/v20"}
CAPTURE = mix.Capture("2026-11-20T08:00:00+00:00", "Krajská vědecká knihovna v Liberci", "Zeutschel OS 14000")
CHANGE = mix.Change("2026-11-22T09:02:00+00:00", "001.tif", ENCODER, "Krajská vědecká knihovna v Liberci")


def scan(image: ImageFacts, capture: mix.Capture = CAPTURE) -> Element:
    """MIX_001 of an image."""
    return mix.scan_record(mix.Subject("PS_0001", 26099712, image), capture)


def values(root: Element, name: str) -> list[str]:
    """All texts of an element."""
    return [each.text or "" for each in root.iterfind(f".//mix:{name}", NS)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(image=images())
def test_any_image_makes_valid_records(image: ImageFacts, schemas: Path) -> None:
    for record in (scan(image), mix.master_record(mix.Subject("MC_0001", 1, image), CHANGE)):
        assert violations(record, schemas / "mix" / "mix20.xsd") == ()


@given(dpi=st.floats(1, 5000))
def test_a_resolution_is_a_ratio_of_whole_numbers(dpi: float) -> None:
    root = scan(replace(SCAN_IMAGE, x_dpi=dpi, y_dpi=dpi))
    said = Fraction(int(values(root, "numerator")[0]), int(values(root, "denominator")[0]))
    assert abs(float(said) - dpi) < 0.001


def test_the_ratio_of_a_fractional_resolution_is_exact() -> None:
    root = scan(SCAN_IMAGE)
    assert values(root, "numerator") == ["7493", "300"]  # 299.72 and 300
    assert values(root, "denominator") == ["25", "1"]
    assert values(root, "samplingFrequencyUnit") == ["in."]


def test_an_unknown_resolution_is_not_made_up() -> None:
    root = scan(replace(SCAN_IMAGE, x_dpi=0.0, y_dpi=0.0))
    assert values(root, "samplingFrequencyUnit") == ["no absolute unit of measurement"]
    assert values(root, "xSamplingFrequency") == values(root, "ScannerCapture") == []


@pytest.mark.parametrize(("samples", "bits"), [(1, 1), (1, 8), (3, 8), (4, 16)])
def test_bits_are_said_for_every_sample(samples: int, bits: int) -> None:
    root = scan(replace(SCAN_IMAGE, samples=samples, bits=bits))
    assert values(root, "bitsPerSampleValue") == [str(bits)] * samples
    assert values(root, "samplesPerPixel") == [str(samples)]


@pytest.mark.parametrize(
    ("tag", "word"),
    [
        (0, "unknown"),
        (1, "normal*"),
        (3, "normal, rotated 180°"),
        (6, "normal, rotated ccw 90°"),
        (8, "normal, rotated cw 90°"),
        (9, "unknown"),
    ],
)
def test_orientation_has_words(tag: int, word: str) -> None:
    assert values(scan(replace(SCAN_IMAGE, orientation=tag)), "orientation") == [word]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("Uncompressed", "Uncompressed"), ("CCITT Group 4", "Group 4 Fax"), ("LZW", "LZW"), ("", "unknown")],
)
def test_compression_has_the_names_of_the_data_dictionary(ours: str, theirs: str) -> None:
    assert values(scan(replace(SCAN_IMAGE, compression=ours)), "compressionScheme") == [theirs]


def test_the_scanner_is_named_by_the_image_before_the_description() -> None:
    told = scan(SCAN_IMAGE)
    assert values(told, "scannerManufacturer") == ["Zeutschel"]
    assert values(told, "scannerModelName") == ["OS 14000"]
    silent = replace(SCAN_IMAGE, make="", model="")
    assert values(scan(silent), "scannerModelName") == ["Zeutschel OS 14000"]
    unknown = scan(silent, replace(CAPTURE, scanner=""))
    assert values(unknown, "ScannerCapture") == values(unknown, "captureDevice") == []


def test_the_time_of_capture_is_the_scans_own_where_it_is_a_time() -> None:
    assert values(scan(SCAN_IMAGE), "dateTimeCreated") == ["2026-11-20T08:00:00"]
    assert values(scan(replace(SCAN_IMAGE, captured="2026-13-45T99:00:00")), "dateTimeCreated") == [CAPTURE.when]


def test_a_colour_profile_is_named() -> None:
    assert values(scan(replace(SCAN_IMAGE, icc="Adobe RGB (1998)")), "iccProfileName") == ["Adobe RGB (1998)"]
    assert values(scan(SCAN_IMAGE), "ColorProfile") == []


def test_the_master_says_its_encoder_its_profile_and_its_source() -> None:
    root = mix.master_record(mix.Subject("MC_0001", 3385027, replace(MASTER_IMAGE, colour="greyscale")), CHANGE)
    said = {name: values(root, name)[0] for name in ("codec", "codecVersion", "tileWidth", "qualityLayers")}
    assert said == {"codec": "OpenJPEG", "codecVersion": "2.5.0", "tileWidth": "4096", "qualityLayers": "1"}
    assert values(root, "compressionScheme") == ["JPEG 2000 Lossless"]
    assert values(root, "colorSpace") == ["BlackIsZero"]
    assert (values(root, "sourceData"), values(root, "dateTimeProcessed")) == (["001.tif"], [CHANGE.when])
