"""Words for events that other archives understand: the Library of Congress vocabularies for PREMIS 3.

eventType: http://id.loc.gov/vocabulary/preservation/eventType; eventOutcome: .../eventOutcome. What the vocabulary has
no term for keeps our own word and gets no URI: a term that nearly fits would say what did not happen.
"""

from __future__ import annotations

from dataclasses import dataclass

EVENT_TYPES = "http://id.loc.gov/vocabulary/preservation/eventType"
OUTCOMES = "http://id.loc.gov/vocabulary/preservation/eventOutcome"


@dataclass(frozen=True, slots=True)
class Term:
    """A term of one of the vocabularies: its word, the vocabulary, and its own URI (both empty for a word of ours)."""

    word: str
    authority: str = ""
    uri: str = ""


LABELS = {
    "acc": "accession",
    "app": "appraisal",
    "cap": "capture",
    "com": "compression",
    "cop": "compiling",
    "cre": "creation",
    "dea": "deaccession",
    "dec": "decompression",
    "del": "deletion",
    "der": "decryption",
    "dig": "digital signature validation",
    "dis": "dissemination",
    "dsg": "digital signature generation",
    "dsp": "displaying",
    "enc": "encryption",
    "exe": "execution",
    "exp": "exporting",
    "ext": "extraction",
    "ffa": "forensic feature analysis",
    "fil": "filename change",
    "fix": "fixity check",
    "for": "format identification",
    "ima": "imaging",
    "ine": "ingestion end",
    "ing": "ingestion",
    "ins": "ingestion start",
    "int": "interpreting",
    "ipc": "information package creation",
    "ipm": "information package merging",
    "ips": "information package splitting",
    "mee": "metadata extraction",
    "mem": "metadata modification",
    "mes": "message digest calculation",
    "mig": "migration",
    "mod": "modification",
    "nor": "normalization",
    "pac": "packing",
    "poa": "policy assignment",
    "prt": "printing",
    "qua": "quarantine",
    "rec": "recovery",
    "red": "redaction",
    "ref": "refreshment",
    "ren": "rendering",
    "rep": "replication",
    "tra": "transfer",
    "unp": "unpacking",
    "unq": "unquarantine",
    "val": "validation",
    "vir": "virus check",
}
"""The vocabulary of event types: code -> authoritative label."""

_OF_THE_JOURNAL = {
    "stored": "ing",
    "imported": "ing",
    "replicated": "rep",
    "checked": "fix",
    "verified": "fix",
    "incident": "fix",
    "repair begun": "rec",
    "repaired": "rec",
    "audit planned": "poa",
    "audit begun": "fix",
    "audit ended": "fix",
    "held": "poa",
    "released": "poa",
    "disposal proposed": "app",
    "disposal approved": "app",
    "disposal refused": "app",
    "disposal begun": "dea",
    "disposed": "dea",
    "sealed": "dsg",
    "stamped": "dsg",
    "recorded without a seal": "mes",
    "bundled": "pac",
    "bundle moved": "tra",
    "bundle read": "fix",
    "drilled": "rec",
    "gated": "val",
    "migrated": "mig",
    "revalidated": "val",
    "exported": "exp",
}
"""What the journal writes down -> code; what is not here (incident closed, founded, torn) has no term."""

_OF_THE_PACKAGE = {
    "capture/digitization": "ima",
    "capture/XML_creation": "mee",
    "capture/TXT_creation": "mee",
    "derivation/UC_creation": "cre",
    "derivation/POSTPROCESSING_creation": "mod",
    "migration/MC_creation": "mig",
    "deletion/PS_deletion": "del",
}
"""eventDetail of what was done to a page (ndk.md §3) -> code: more exact than the eventType that the standard fixes."""

_OF_STEPS = {
    "capture": "cap",
    "creation": "cre",
    "deletion": "del",
    "derivation": "mod",
    "ingestion": "ing",
    "information package creation": "ipc",
    "migration": "mig",
    "validation": "val",
}
"""Our other eventTypes -> code."""

_ENDED = {"success": ("success", "suc"), "failure": ("fail", "fai"), "warning": ("warning", "war")}


def event_term(kind: str, detail: str = "") -> Term:
    """The term for an event: a journal's entry by its kind, a page's step by its kind and detail."""
    code = _OF_THE_JOURNAL.get(kind) or _OF_THE_PACKAGE.get(detail) or _OF_STEPS.get(kind)
    if code is None and kind in LABELS.values():
        code = next(each for each, label in LABELS.items() if label == kind)
    return Term(LABELS[code], EVENT_TYPES, f"{EVENT_TYPES}/{code}") if code else Term(kind)


def outcome_term(outcome: str) -> Term:
    """The term for how an event ended: success, failure or warning; another word stays as it is."""
    known = _ENDED.get(outcome)
    return Term(known[0], OUTCOMES, f"{OUTCOMES}/{known[1]}") if known else Term(outcome)
