"""What stops a command: an exception that carries its finding, hence its exit code and what to do next."""

from __future__ import annotations

from metadata.finding import Fact, Finding, exit_code, finding


class Problem(Exception):
    """A promise broken: the finding says what, where and what to do next, in both languages."""

    def __init__(self, code: str, subject: object, **facts: Fact) -> None:
        self.finding: Finding = finding(code, subject, **facts)
        super().__init__(code, str(subject), facts)

    def __str__(self) -> str:
        return f"{self.finding.code} {self.finding.text()}"

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (type(self), self.finding)

    @property
    def exit_code(self) -> int:
        """The exit code of a command that this stops."""
        return exit_code(self.finding.code)


def _again(kind: type[Problem], what: Finding) -> Problem:
    return kind(what.code, what.subject, **what.facts)
