"""what a person typed → text that can be kept, and shown in a terminal, without doing anything there"""


def readable(text: str) -> str:
    """The text with what cannot be seen (escapes of terminals, changes of direction, halves of characters) as �; other
    kinds of space are a space, new lines stay."""
    return "".join(each if each.isprintable() or each == "\n" else " " if each.isspace() else "�" for each in text)


def on_one_line(text: str) -> str:
    """The same without new lines."""
    return " ".join(readable(text).split())
