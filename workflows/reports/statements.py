"""What no program can know and a person says: evidence.toml beside kdr.toml, criterion by criterion.

[ndsa.C1a]
statement = "Směrnice 12/2026 určuje, kdo smí číst, zapisovat a mazat."
by = "Jana Nováková"
date = 2026-11-01
link = "https://..."        # may be left out
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from metadata.problem import Problem
from metadata.table_fault import toml_refused
from workflows.settings import Home

NAME = "evidence.toml"
_Text = Annotated[str, Field(min_length=1, max_length=4000)]


class Statement(BaseModel):
    """What somebody said of a criterion, who, when, and where more of it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    statement: _Text
    by: _Text
    date: dt.date
    link: str = ""


Statements = Mapping[str, Statement]
_READER = TypeAdapter(dict[str, dict[str, Statement]])


def read_statements(home: Home, matrix: str) -> Statements:
    """The statements about the criteria of `matrix` ("ndsa", "coretrustseal"); none when the file is not there.

    Raises:
        Problem: S097, the file is wrong.
    """
    file = home.folder / NAME
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return {}
    try:
        return _READER.validate_python(tomllib.loads(content.decode("utf-8-sig"))).get(matrix, {})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Problem("S097", file, why=f"[{where}] {first['msg']}"[:400]) from None
    except ValueError as error:
        raise Problem("S097", file, why=toml_refused(error)) from None
