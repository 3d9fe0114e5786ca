"""An error of a student's code in three texts: its type, what it says, and the line it came from."""

from attn_classroom.inside.wire import WireError


def describe(error: BaseException) -> list[str]:
    """Name an error: its type, its text, and the line of the student's code that it came from."""
    try:
        text = str(error)[:1000]
    except BaseException:  # noqa: BLE001 (the text is the student's code too)
        text = "(its text cannot be read)"
    where, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith("<"):
            where = f"line {trace.tb_lineno} of {trace.tb_frame.f_code.co_filename.strip('<>')}"
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.lineno is not None:
        where = f"line {error.lineno} of {str(error.filename).strip('<>')}"
    return ["WireError" if isinstance(error, WireError) else type(error).__name__[:100], text, where[:200]]
