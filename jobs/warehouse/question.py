"""What may be asked of the warehouse: one statement that only reads."""

import re

from schemas.errors import DataError

READING = ("SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS")
_NOT_CODE = re.compile(
    r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\"|`(?:[^`\\]|\\.)*`|--[^\n]*|#[ !][^\n]*|/\*.*?\*/", re.DOTALL
)
_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*$", re.IGNORECASE)
_NAME = re.compile(r"\w{1,64}", re.ASCII)


def checked(sql: str, form: str | None) -> tuple[str, str | None]:
    """The statement without its last semicolon, and the format to ask for: None when the SQL names one itself.

    Raises DataError for anything else. The engine's own read-only mode stands behind this check; it does not refuse
    INTO OUTFILE, which writes a file.

    >>> checked("select 1 format CSV;", "PrettyCompact")
    ('select 1 format CSV', None)
    >>> checked("drop table ticks", "CSV")
    Traceback (most recent call last):
    schemas.errors.DataError: sql: DROP is not a reading statement (SELECT, WITH, SHOW, DESCRIBE, DESC, EXPLAIN, EXISTS)
    """
    text = sql.strip().removesuffix(";").rstrip()
    code = _NOT_CODE.sub(lambda match: " " * len(match[0]), text)
    words = code.split()
    if not words:
        raise DataError("sql: nothing was asked")
    if (first := words[0].lstrip("(").upper()) not in READING:
        raise DataError(f"sql: {first} is not a reading statement ({', '.join(READING)})")
    if ";" in code:
        raise DataError("sql: one statement at a time")
    if re.search(r"\bINTO\s+OUTFILE\b", code, re.IGNORECASE):
        raise DataError("sql: INTO OUTFILE writes a file: redirect the output instead")
    if form is not None and not _NAME.fullmatch(form):
        raise DataError(f"sql: {form!r} is not the name of an output format")
    return text, None if _FORMAT.search(code) else form
