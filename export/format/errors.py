"""The verdicts and exit codes of `audit-export`, one list (verified_export.md, section 10)."""

from enum import Enum


class Verdict(Enum):
    """What a command concludes: its word, which is printed first, and its exit code."""

    VERIFIED = 0
    TAMPERED = 1
    MALFORMED = 2
    INCOMPLETE = 3
    UNTRUSTED = 4
    REWRITTEN = 5
    WRONG_SCOPE = 6

    @property
    def word(self) -> str:
        """The verdict as it is printed."""
        return self.name.replace("_", " ")


class ExportError(Exception):
    """A check that failed: its verdict, and one line that says what is wrong and where."""

    def __init__(self, verdict: Verdict, message: str) -> None:
        super().__init__(message)
        self.verdict = verdict
        self.message = message


class PersonNeeded(ExportError):
    """Nothing was concluded, and waiting does not help or is not our part. It has the verdict of section 10 for this, TAMPERED."""

    def __init__(self, reason: str) -> None:
        super().__init__(Verdict.TAMPERED, f"nothing was found, but a person is needed: {reason}")
        self.reason = reason


def cannot_write(target: str, error: OSError) -> PersonNeeded:
    """A disk that is full or fails; the error names a file only where it could not be opened, so `target` says which it is."""
    return PersonNeeded(f"cannot write {target}: {error.strerror or error}")


class NothingSealed(ExportError):
    """INCOMPLETE: the database has no seal, and no checkpoint says that it had one."""

    def __init__(self) -> None:
        super().__init__(Verdict.INCOMPLETE, "nothing is sealed yet")


def tampered(message: str) -> ExportError:
    """The bytes are not what was sealed."""
    return ExportError(Verdict.TAMPERED, message)


def malformed(message: str) -> ExportError:
    """Not a package, not the syntax of format 1, or wrong usage."""
    return ExportError(Verdict.MALFORMED, message)


def incomplete(message: str) -> ExportError:
    """Nothing can be concluded from what is there."""
    return ExportError(Verdict.INCOMPLETE, message)


def untrusted(message: str) -> ExportError:
    """A signature of a key of the policy is missing or does not verify."""
    return ExportError(Verdict.UNTRUSTED, message)


def rewritten(message: str) -> ExportError:
    """The package does not continue what the receiver holds."""
    return ExportError(Verdict.REWRITTEN, message)


def wrong_scope(message: str) -> ExportError:
    """A package of something else than was asked for."""
    return ExportError(Verdict.WRONG_SCOPE, message)


def quote(value: object, max_length: int = 80) -> str:
    """Gives `value` as ASCII on one line, cut after `max_length` characters: messages may show what an attacker wrote."""
    try:
        text = ascii(value)
    except RecursionError:
        text = f"a nested {type(value).__name__}"
    return text if len(text) <= max_length else text[:max_length] + "..."
