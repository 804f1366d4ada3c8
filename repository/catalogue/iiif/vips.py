"""libvips, in one thread for each image: readers come in numbers, and a tile is no work to share.

The library reads VIPS_CONCURRENCY when it is loaded, hence here and before. Its cache of operations is switched off:
what is worth keeping is kept open by `repository.catalogue.iiif.image`.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

os.environ.setdefault("VIPS_CONCURRENCY", "1")
_PYVIPS: Any = importlib.import_module("pyvips")
_PYVIPS.cache_set_max(0)

Picture = Any
"""A picture of libvips (pyvips is not typed)."""
open_file: Any = _PYVIPS.Image.new_from_file
open_pixels: Any = _PYVIPS.Image.new_from_memory
BLOB: int = _PYVIPS.GValue.blob_type
"""Type of a picture's field that holds bytes."""
Failed: type[Exception] = _PYVIPS.Error
"""What libvips raises."""
