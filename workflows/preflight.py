"""Before a batch starts: is everything there that it will need?"""

from __future__ import annotations

from ingest.encode import GRK_COMPRESS, OPJ_COMPRESS
from metadata.language import languages
from metadata.problem import Problem
from metadata.tool import Limits
from ocr.choice import choice_identity
from ocr.engine import load_engine
from workflows.settings import Settings


def require_tools(settings: Settings, language: str) -> None:
    """Make sure that the programs are there and know the languages.

    Args:
        settings: which encoder and engine.
        language: what the operator asks for ("ces+deu"), or empty.

    Raises:
        Problem: E001 a program is missing, E002 a language is not installed, E005 the language is no code.
    """
    (GRK_COMPRESS if settings.page.encoder == "grok" else OPJ_COMPRESS).require()
    try:
        wanted = languages(language) if language else settings.page.languages
    except ValueError as error:
        raise Problem("E005", "--language", why=str(error)) from None
    load_engine(settings.page.ocr, Limits()).identity(wanted)
    if settings.page.chooses_language:
        choice_identity()
