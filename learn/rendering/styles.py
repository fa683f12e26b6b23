"""What math-core says in ``style`` attributes and in some of MathML's own, said by classes of the stylesheet."""

from __future__ import annotations

import re

# The padding lets a stroke begin outside of what it strikes out: that of an x would else be hidden by the x.
_STRUCK = "padding: 0.15em 0.2em"
_STROKE = "transparent calc(50% - 0.03em), currentcolor calc(50% - 0.03em) calc(50% + 0.03em), transparent 0"

_SEGMENT = (
    "padding-block: 0.28em 0; background: linear-gradient(currentcolor, currentcolor) 0 0 / 0.05em 0.3em no-repeat, "
    "linear-gradient(currentcolor, currentcolor) 0 0 / 0.05em 0.3em no-repeat, "
    "linear-gradient(currentcolor, currentcolor) 0 0 / 100% 0.05em no-repeat"
)
_SEGMENT_BELOW = _SEGMENT.replace("0.28em 0", "0 0.28em")
_DASHES = "repeating-linear-gradient(to right, currentcolor 0 0.18em, transparent 0 0.36em)"
_LINE = "linear-gradient(currentcolor, currentcolor)"

# What math-core says in ``style`` attributes, which our Content-Security-Policy forbids, said by classes instead.
# The stylesheet defines every one of these; a test compares the two.
CLASSES = {
    "m-start": "text-align: start; justify-items: start",
    "m-end": "text-align: end; justify-items: end",
    "m-flush-start": "padding-inline-start: 0",
    "m-flush-end": "padding-inline-end: 0",
    "m-flush-block": "padding-block: 0",
    "m-gap-start": "padding-inline-start: 1em",
    "m-near-start": "padding-inline-start: 0.1em",
    "m-near-end": "padding-inline-end: 0.1em",
    "m-thin-end": "padding-inline-end: 0.1667em",
    "m-thin-top": "padding-block-start: 0.1667em",
    "m-line-top": "border-block-start: 0.05em solid currentcolor",
    "m-line-start": "border-inline-start: 0.05em solid currentcolor",
    "m-line-end": "border-inline-end: 0.05em solid currentcolor",
    "m-dash-top": "border-block-start: 0.05em dashed currentcolor",
    "m-dash-start": "border-inline-start: 0.05em dashed currentcolor",
    "m-dash-end": "border-inline-end: 0.05em dashed currentcolor",
    "m-full": "inline-size: 100%",
    "m-half": "inline-size: 50%",
    "m-margin": "inline-size: 7.5%",
    "m-back-thin": "margin-inline-start: -0.1667em",
    "m-back-medium": "margin-inline-start: -0.2222em",
    "m-back-thick": "margin-inline-start: -0.2778em",
    "m-compact": "math-shift: compact",
    "m-display": "math-style: normal",
    "m-text": "math-style: compact",
    "m-whole": "font-size: math; math-depth: 0",
    "m-script": "font-size: math; math-depth: 1",
    "m-scriptscript": "font-size: math; math-depth: 2",
    "m-line-bottom": "border-block-end: 0.05em solid currentcolor",
    "m-overline": "border-block-start: 0.06em solid currentcolor; padding-block-start: 0.1em",
    "m-underline": "border-block-end: 0.06em solid currentcolor; padding-block-end: 0.1em",
    "m-box": "border: 0.06em solid currentcolor; padding: 0.2em 0.3em",
    "m-strike-up": f"{_STRUCK}; background: linear-gradient(to bottom right, {_STROKE})",
    "m-strike-down": f"{_STRUCK}; background: linear-gradient(to top right, {_STROKE})",
    "m-strike-both": (
        f"{_STRUCK}; background: linear-gradient(to top right, {_STROKE}), linear-gradient(to bottom right, {_STROKE})"
    ),
    "m-phase": (
        "border-block-end: 0.06em solid currentcolor; padding: 0 0.15em 0.1em 0.55em; background: linear-gradient("
        "to bottom right, transparent calc(50% - 0.035em), currentcolor calc(50% - 0.03em) calc(50% + 0.03em), "
        "transparent 0) left / 0.5em 100% no-repeat"
    ),
    "m-angl": (
        "border-block-start: 0.05em solid currentcolor; border-inline-end: 0.05em solid currentcolor; padding: 0.1em"
    ),
    "m-sout": "background: linear-gradient(currentcolor, currentcolor) 0 58% / 100% 0.06em no-repeat",
    "m-st": "background: linear-gradient(currentcolor, currentcolor) 0 58% / 100% 0.06em no-repeat",
    "m-strike-to": (
        f"{_STRUCK}; background: linear-gradient(currentcolor, currentcolor) right top / 0.3em 0.06em no-repeat, "
        "linear-gradient(currentcolor, currentcolor) right top / 0.06em 0.3em no-repeat, "
        f"linear-gradient(to bottom right, {_STROKE})"
    ),
    "m-ground": "padding: 0.15em 0.25em",
    "m-frame": "display: inline math; border: 0.06em solid currentcolor",
    "m-rule": "background: currentcolor",
    "m-bold": "-webkit-text-stroke: 0.035em currentcolor",
    "m-pull": "transform: translateX(-100%)",
    "m-pull-half": "transform: translateX(-50%)",
    "m-small-matrix": "font-size: 75%",
    "m-overlinesegment": f"{_SEGMENT}; background-position: left top, right top, left 0 top 0.14em",
    "m-underlinesegment": f"{_SEGMENT_BELOW}; background-position: left bottom, right bottom, left 0 bottom 0.14em",
    "m-reflectbox": "transform: scaleX(-1)",
    "m-bond-dash": f"background: {_DASHES} center / 100% 0.05em no-repeat",
    "m-bond-dash-line": f"background: {_DASHES} 0 35% / 100% 0.05em no-repeat, {_LINE} 0 65% / 100% 0.05em no-repeat",
    "m-bond-dash-lines": (
        f"background: {_DASHES} 0 25% / 100% 0.05em no-repeat, {_LINE} center / 100% 0.05em no-repeat, "
        f"{_LINE} 0 75% / 100% 0.05em no-repeat"
    ),
    "m-bond-line-dash": (
        f"background: {_LINE} 0 25% / 100% 0.05em no-repeat, {_DASHES} center / 100% 0.05em no-repeat, "
        f"{_LINE} 0 75% / 100% 0.05em no-repeat"
    ),
    "m-small-caps": "font-variant-caps: small-caps",
    "m-tiny": "font-size: 50%",
    "m-sixpt": "font-size: 60%",
    "m-scriptsize": "font-size: 70%",
    "m-footnotesize": "font-size: 80%",
    "m-small": "font-size: 90%",
    "m-normalsize": "font-size: 100%",
    "m-large": "font-size: 120%",
    "m-larger": "font-size: 144%",
    "m-largest": "font-size: 173%",
    "m-huge": "font-size: 207%",
    "m-huger": "font-size: 249%",
}

_DECLARATIONS = {
    "text-align:left": "m-start",
    "text-align:right": "m-end",
    "justify-items:start": "",
    "justify-items:end": "",
    "padding-left:0": "m-flush-start",
    "padding-right:0": "m-flush-end",
    "padding-top:0": "m-flush-block",
    "padding-bottom:0": "m-flush-block",
    "padding-left:1em": "m-gap-start",
    "padding-left:0.1em": "m-near-start",
    "padding-right:0.1em": "m-near-end",
    "padding-right:0.1667em": "m-thin-end",
    "padding-top:0.1667em": "m-thin-top",
    "border-top:0.05em solid currentcolor": "m-line-top",
    "border-left:0.05em solid currentcolor": "m-line-start",
    "border-right:0.05em solid currentcolor": "m-line-end",
    "border-top:0.05em dashed currentcolor": "m-dash-top",
    "border-left:0.05em dashed currentcolor": "m-dash-start",
    "border-right:0.05em dashed currentcolor": "m-dash-end",
    "width:100%": "m-full",
    "width:50%": "m-half",
    "width:7.5%": "m-margin",
    "margin-left:-0.16666667em": "m-back-thin",
    "margin-left:-0.22222222em": "m-back-medium",
    "margin-left:-0.2222222em": "m-back-medium",
    "margin-left:-0.2777778em": "m-back-thick",
    "margin-left:-0.27777778em": "m-back-thick",
    "math-shift:compact": "m-compact",
    "font-variant-caps:small-caps": "m-small-caps",
}

_STYLE = re.compile(r' style="([^"]*)"')
# Two attributes that MathML Core allows everywhere, but the HTML checker only on some elements: classes say the same.
_STYLED = re.compile(r'<(m(?!ath\b|style\b)[a-z]+)( [^>]*(?:displaystyle|scriptlevel)="[^>]*)>')
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_LEVELS = {"0": "m-whole", "1": "m-script", "2": "m-scriptscript"}


def in_classes(mathml: str) -> str:
    """The MathML without ``style``, and with classes for sizes and styles."""
    return _STYLED.sub(_styled, _STYLE.sub(_class, mathml))


def _styled(match: re.Match[str]) -> str:
    """The opening tag with the size and style of its content as classes."""
    tag = match[1]
    attributes = dict(_ATTRIBUTE.findall(match[2]))
    classes = [_LEVELS.get(attributes.pop("scriptlevel", ""), "")]
    if tag != "mtable" and "displaystyle" in attributes:
        classes.append("m-display" if attributes.pop("displaystyle") == "true" else "m-text")
    attributes["class"] = " ".join(filter(None, [*classes, attributes.get("class", "")]))
    return f"<{tag}" + "".join(f' {name}="{value}"' for name, value in attributes.items() if value) + ">"


_SIZES = {
    float(declaration.partition(": ")[2][:-1]): name
    for name, declaration in CLASSES.items()
    if re.fullmatch(r"font-size: \d+%", declaration) and name != "m-small-matrix"
}


def _size_class(percent: float) -> str:
    """The class of the size that is nearest, or none for the size of the text."""
    nearest = min(_SIZES, key=lambda size: abs(size - percent))
    return "" if nearest == 100 else _SIZES[nearest]


def _class(match: re.Match[str]) -> str:
    """The attribute that says what a ``style`` attribute said. What no class says is dropped."""
    classes: list[str] = []
    color = ""
    for declaration in match[1].split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "color" and re.fullmatch(r"#[0-9A-Fa-f]{6}", value):
            color = value
        elif name == "font-size" and value.endswith("%"):
            classes.append(_size_class(float(value[:-1])))
        else:
            classes.append(_DECLARATIONS.get(f"{name}:{value}", ""))
    written = f' class="{" ".join(dict.fromkeys(filter(None, classes)))}"' if any(classes) else ""
    return written + (f' mathcolor="{color}"' if color else "")
