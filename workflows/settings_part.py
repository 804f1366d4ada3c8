"""One table of the settings file: unknown keys are refused, values do not change."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """What every table of kdr.toml is."""

    model_config = ConfigDict(extra="forbid", frozen=True)
