"""What a command does not use it does not import: a start is paid by everyone who asks."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOOKS = """
import sys
from workflows.cli import complete
complete()
import {module}
print(*sorted(name for name in {heavy!r} if name in sys.modules))
"""


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("workflows.audit_state", ("dask", "distributed", "structlog", "cv2", "numpy", "lxml", "fpdf")),
        ("workflows.reports.writing", ("dask", "distributed", "fpdf", "jinja2", "httpx", "numpy")),
        ("workflows.history", ("dask", "distributed", "fpdf", "jinja2", "httpx", "numpy")),
        ("workflows.capacity", ("dask", "distributed", "fpdf", "jinja2", "httpx", "numpy")),
    ],
)
def test_what_answers_quickly_imports_little(module: str, heavy: tuple[str, ...]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LOOKS.format(module=module, heavy=heavy)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == []
