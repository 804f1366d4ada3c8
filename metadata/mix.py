"""MIX 2.0 records of the original scan and of the archival master (ndk.md §3; NISO Z39.87 data dictionary)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction

from metadata.elements import MIX, line
from metadata.event import Agent
from metadata.markup import Element
from metadata.model import ImageFacts
from metadata.ndk.jp2 import LEVELS, MASTER_LAYERS, MASTER_TILE

UNKNOWN = "unknown"

# Z39.87, 8.5: the words stand in the order of the TIFF tag's values 1 to 8.
_ORIENTATIONS = (
    "normal*",
    "normal, image flipped",
    "normal, rotated 180°",
    "normal, image flipped, rotated 180°",
    "normal, image flipped, rotated cw 90°",
    "normal, rotated ccw 90°",
    "normal, image flipped, rotated ccw 90°",
    "normal, rotated cw 90°",
)
# Z39.87, 6.6.1.
_SCHEMES = {"CCITT Group 3": "Group 3 Fax", "CCITT Group 4": "Group 4 Fax", "": UNKNOWN}
# Z39.87, 7.1.3.1 knows no greyscale: light is more, so black is zero.
_COLOURS = {"greyscale": "BlackIsZero", "": UNKNOWN}


@dataclass(frozen=True, slots=True)
class Subject:
    """The file that a MIX record is about: its identifier within the secondary METS, its size in bytes, its image."""

    id: str
    size: int
    image: ImageFacts


@dataclass(frozen=True, slots=True)
class Capture:
    """How the scan came to be: when (ISO 8601), by which institution, on which device (as volume.toml names it)."""

    when: str
    producer: str
    scanner: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """How the master came to be: when (ISO 8601), from which file, by which encoder, at which institution."""

    when: str
    source: str
    encoder: Agent
    agency: str


def scan_record(subject: Subject, capture: Capture) -> Element:
    """MIX_001, the original scan."""
    image = subject.image
    return MIX(
        "mix",
        _digital_object(subject, _SCHEMES.get(image.compression, image.compression)),
        MIX("BasicImageInformation", _characteristics(image)),
        MIX(
            "ImageCaptureMetadata",
            _general(image, capture),
            _scanner(image, capture.scanner),
            MIX("orientation", orientation(image.orientation)),
        ),
        _assessment(image),
    )


def master_record(subject: Subject, change: Change) -> Element:
    """MIX_002, the archival master: always a reversible JPEG 2000 of the profile MC (ndk.md §4)."""
    special = MIX("SpecialFormatCharacteristics", _jpeg2000(change.encoder))
    processing = MIX(
        "ImageProcessing",
        MIX("dateTimeProcessed", change.when),
        MIX("sourceData", line(change.source) or UNKNOWN),
        MIX("processingAgency", line(change.agency) or UNKNOWN),
    )
    return MIX(
        "mix",
        _digital_object(subject, "JPEG 2000 Lossless"),
        MIX("BasicImageInformation", _characteristics(subject.image), special),
        _assessment(subject.image),
        MIX("ChangeHistory", processing),
    )


def orientation(tag: int) -> str:
    """The word for a TIFF orientation (tag 274): 1 to 8, anything else is unknown."""
    return _ORIENTATIONS[tag - 1] if 1 <= tag <= len(_ORIENTATIONS) else UNKNOWN


def moment(text: str) -> str:
    """`text` in the form of xs:dateTime if it is a moment in ISO 8601, else empty.

    Scanners write what they like into their dates; only what is one may go into a record.
    """
    try:
        return dt.datetime.fromisoformat(text).isoformat(timespec="seconds")
    except ValueError:
        return ""


def device(image: ImageFacts, named: str = "") -> str:
    """What the image was made on: as the image says, else as `named`; empty when neither knows."""
    return line(f"{image.make} {image.model}") or line(named)


def _digital_object(subject: Subject, scheme: str) -> Element:
    image = subject.image
    known = image.byte_order in ("big endian", "little endian")
    return MIX(
        "BasicDigitalObjectInformation",
        MIX("ObjectIdentifier", MIX("objectIdentifierType", "file"), MIX("objectIdentifierValue", subject.id)),
        MIX("fileSize", subject.size),
        MIX(
            "FormatDesignation",
            MIX("formatName", line(image.format) or UNKNOWN),
            MIX("formatVersion", line(image.format_version) or UNKNOWN),
        ),
        MIX("byteOrder", image.byte_order if known else "big endian"),
        MIX("Compression", MIX("compressionScheme", scheme)),
    )


def _characteristics(image: ImageFacts) -> Element:
    profile = MIX("iccProfileName", line(image.icc)), MIX("iccProfileVersion", UNKNOWN)
    return MIX(
        "BasicImageCharacteristics",
        MIX("imageWidth", image.width),
        MIX("imageHeight", image.height),
        MIX(
            "PhotometricInterpretation",
            MIX("colorSpace", _COLOURS.get(image.colour, image.colour)),
            MIX("ColorProfile", MIX("IccProfile", *profile)) if line(image.icc) else None,
        ),
    )


def _general(image: ImageFacts, capture: Capture) -> Element:
    known = device(image, capture.scanner)
    return MIX(
        "GeneralCaptureInformation",
        MIX("dateTimeCreated", moment(image.captured) or capture.when),
        MIX("imageProducer", line(capture.producer) or UNKNOWN),
        MIX("captureDevice", "reflection print scanner") if known else None,
    )


def _scanner(image: ImageFacts, named: str) -> Element | None:
    """ScannerCapture is all or nothing in the profile mix_ps; the resolution of the scan is what the device can do."""
    model = line(image.model) or line(named)
    if not (model or line(image.make)) or min(image.x_dpi, image.y_dpi) < 1:
        return None
    return MIX(
        "ScannerCapture",
        MIX("scannerManufacturer", line(image.make) or UNKNOWN),
        MIX(
            "ScannerModel",
            MIX("scannerModelName", model or UNKNOWN),
            MIX("scannerModelNumber", model or UNKNOWN),
            MIX("scannerModelSerialNo", UNKNOWN),
        ),
        MIX(
            "MaximumOpticalResolution",
            MIX("xOpticalResolution", round(image.x_dpi)),
            MIX("yOpticalResolution", round(image.y_dpi)),
            MIX("opticalResolutionUnit", "in."),
        ),
        MIX("scannerSensor", "undefined"),
        MIX(
            "ScanningSystemSoftware",
            MIX("scanningSoftwareName", line(image.software) or UNKNOWN),
            MIX("scanningSoftwareVersionNo", UNKNOWN),
        ),
    )


def _jpeg2000(encoder: Agent) -> Element:
    tiles = MIX("Tiles", MIX("tileWidth", MASTER_TILE), MIX("tileHeight", MASTER_TILE))
    return MIX(
        "JPEG2000",
        MIX(
            "CodecCompliance",
            MIX("codec", line(encoder.name) or UNKNOWN),
            MIX("codecVersion", line(encoder.version) or UNKNOWN),
            # No restriction of Part 1 is declared (Rsiz 0): tiles of 4096 are outside profiles 0 and 1.
            MIX("codestreamProfile", "P2"),
            MIX("complianceClass", "C2"),
        ),
        MIX("EncodingOptions", tiles, MIX("qualityLayers", MASTER_LAYERS), MIX("resolutionLevels", LEVELS)),
    )


def _assessment(image: ImageFacts) -> Element:
    known = image.x_dpi > 0 and image.y_dpi > 0
    return MIX(
        "ImageAssessmentMetadata",
        MIX(
            "SpatialMetrics",
            MIX("samplingFrequencyPlane", "object plane"),
            MIX("samplingFrequencyUnit", "in." if known else "no absolute unit of measurement"),
            _frequency("xSamplingFrequency", image.x_dpi) if known else None,
            _frequency("ySamplingFrequency", image.y_dpi) if known else None,
        ),
        MIX(
            "ImageColorEncoding",
            MIX(
                "BitsPerSample",
                *(MIX("bitsPerSampleValue", image.bits) for _ in range(image.samples)),
                MIX("bitsPerSampleUnit", "integer"),
            ),
            MIX("samplesPerPixel", image.samples),
        ),
    )


def _frequency(name: str, dpi: float) -> Element:
    ratio = Fraction(dpi).limit_denominator(1000)
    return MIX(name, MIX("numerator", ratio.numerator), MIX("denominator", ratio.denominator))
