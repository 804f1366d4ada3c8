"""Who acts when kdr itself acts, as events and journal name it."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version

from metadata.event import Agent, AgentKind

KDR = Agent("kdr", version("kdr"), AgentKind.SOFTWARE, "pipeline")
"""The program as a whole: it stores, verifies, founds."""

STRAIGHTENER = replace(KDR, note="deskew: correlation of strips, confirmed by the feet of letters")
"""The program where it turns pages."""

CROPPER = replace(KDR, note="crop: page against bed, side by side")
"""The program where it cuts pages out of their beds."""

DEWARPER = replace(KDR, note="dewarp: feet of letters along their lines")
"""The program where it straightens curved lines."""

PACKER = replace(KDR, note="NDK package and bag")
"""The program where it makes packages."""
