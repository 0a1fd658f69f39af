"""Pages of HTML in one file that load nothing; whatever is no HTML already is escaped."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from unicodedata import bidirectional, category

RIGHT_TO_LEFT = ("R", "AL", "AN")
JOINERS = "\u200c\u200d"  # within words, and within emoji
VOID = ("br", "hr", "img", "meta")
Attribute = str | int | float | bool | None

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}{script}
</body>
</html>
"""


class Html(str):
    """Text that is HTML already: `element` takes it as it is."""

    __slots__ = ()


def element(name: str, *content: object, **attributes: Attribute) -> Html:
    """An element with its content, which is escaped unless it is `Html`, and its attributes.

    In the name of an attribute an underscore stands for a hyphen, and one at its end for nothing. None and
    False leave an attribute out, True gives it without a value.

    >>> element("td", "a < b ", element("b", 2), class_="sum", aria_label='"2"', hidden=True)
    '<td class="sum" aria-label="&quot;2&quot;" hidden>a &lt; b <b>2</b></td>'
    """
    parts = [name]
    for key, value in attributes.items():
        key = key.rstrip("_").replace("_", "-")
        if value is True:
            parts.append(key)
        elif value is not None and value is not False:
            parts.append(f'{key}="{escape(str(value))}"')
    start = f"<{' '.join(parts)}>"
    return Html(start) if name in VOID else Html(f"{start}{together(*content)}</{name}>")


def together(*content: object) -> Html:
    """Pieces one after the other, each escaped unless it is `Html`.

    >>> together("<", element("br"))
    '&lt;<br>'
    """
    return Html("".join([part if isinstance(part, Html) else escape(str(part)) for part in content]))


def shortened(text: str, most: int = 100) -> str:
    """The text, or the beginning of a long one.

    >>> shortened("abcdef", 4), shortened("abcd", 4)
    ('abc…', 'abcd')
    """
    return text if len(text) <= most else text[: most - 1] + "…"


def in_line(name: object, most: int = 100) -> str:
    """A name that leaves the text around it as it is: one line of it, of a long one the beginning.

    A name in letters that run from right to left stands isolated, so that the numbers behind it still run
    from left to right; control characters are escaped; an empty one is two quotation marks.

    >>> print(in_line("two\\nlines"), in_line("\\u202egnp.exe"), in_line("abcdef", 4), in_line(7))
    two lines \\u202egnp.exe abc… 7
    >>> in_line("\\u05d0") == "\\u2068\\u05d0\\u2069", in_line("")
    (True, '""')
    """
    text = " ".join(shortened(str(name), most).split()) or '""'
    text = "".join([c if category(c) not in ("Cc", "Cf") or c in JOINERS else ascii(c)[1:-1] for c in text])
    return f"\u2068{text}\u2069" if any(bidirectional(c) in RIGHT_TO_LEFT for c in text) else text


def scroller(content: Html, label: str) -> Html:
    """A region that scrolls by itself where its content is wider than the screen, by keyboard too."""
    return element("div", content, class_="scroll", role="region", aria_label=label, tabindex=0)


def command(text: str) -> Html:
    """A command to be copied: one click marks the whole of it; no line ends within an option's name."""
    words = [element("span", word) if word.startswith("-") else word for word in text.split(" ")]
    spaced = [part for word in words for part in (" ", word)][1:]
    return element("code", *spaced, class_="command")


def table(caption: str, heads: Html, *bodies: Html) -> Html:
    """A table that scrolls by itself where it is wider than the screen. heads: its first rows."""
    title = element("caption", element("span", caption))
    return scroller(element("table", title, element("thead", heads), *bodies), caption)


def heads(*names: str, numbers: Sequence[str] = ()) -> Html:
    """A row of heads; those of columns of `numbers` stand at the right, as the numbers do."""
    cells = [element("th", name, scope="col", class_="number" if name in numbers else None) for name in names]
    return element("tr", *cells)


def row(name: object, *cells: object) -> Html:
    """A row: its head, and cells, each text or a cell already.

    >>> row("out", "<", number(2))
    '<tr><th scope="row">out</th><td>&lt;</td><td class="number">2</td></tr>'
    """
    made = [cell if isinstance(cell, Html) else element("td", cell) for cell in cells]
    return element("tr", element("th", name, scope="row"), *made)


def number(text: object, kind: str = "") -> Html:
    """A cell with a number, which stands at its right; kind: further classes of style."""
    return element("td", text, class_=f"number {kind}".rstrip())


def counted(count: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "case"), counted(12, "case")
    ('1 case', '12 cases')
    """
    return f"{count} {noun}{'s' * (count != 1)}"


def definitions(pairs: Iterable[tuple[object, object]]) -> Html:
    """A list of terms and what they mean."""
    parts = [(element("dt", name), element("dd", text)) for name, text in pairs]
    return element("dl", *[part for pair in parts for part in pair])


def section(key: str, title: str, *content: object) -> Html:
    """A section with its heading; `#key` leads there."""
    heading = element("h2", title, id=f"{key}-title")
    return element("section", heading, *content, id=key, aria_labelledby=f"{key}-title")


def contents(sections: Iterable[tuple[str, str]]) -> Html:
    """Links to sections by key and title."""
    links = [element("li", element("a", title, href=f"#{key}")) for key, title in sections]
    return element("nav", element("ul", *links), aria_label="on this page")


def page(title: str, *body: object, style: str, script: str = "") -> str:
    """The text of a page; the browser is told to load nothing, and to run nothing but the script.

    >>> text = page("<T>", element("main", element("h1", "<T>")), style=common_style())
    >>> "<title>&lt;T&gt;</title>" in text, "default-src 'none'" in text
    (True, True)
    """
    text = PAGE.format(
        title=escape(title), policy=policy(style, script), style=style, body=together(*body),
        script=f"\n<script>{script}</script>" if script else "",
    )  # fmt: skip
    return text.encode("utf-8", "replace").decode("utf-8")  # a label may hold half a surrogate pair


def policy(style: str, script: str = "") -> str:
    """The Content-Security-Policy of a page with this style and script: nothing else counts or is loaded."""
    scripts = f"script-src '{digest(script)}'; " if script else ""
    return f"default-src 'none'; style-src '{digest(style)}'; {scripts}base-uri 'none'; form-action 'none'"


def digest(text: str) -> str:
    """The digest by which a policy names a style or a script."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


@cache
def common_style() -> str:
    """What pages of text and tables look like."""
    return palette() + files("tinygnn").joinpath("web_page.css").read_text("utf-8")


@cache
def palette() -> str:
    """The colours of all pages, by name, in light and dark."""
    return files("tinygnn").joinpath("palette.css").read_text("utf-8")
