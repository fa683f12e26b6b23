r"""Colours as TeX's ``\color`` takes them: CSS's names, ``#RGB`` and ``#RRGGBB``, and the models of xcolor."""

from __future__ import annotations

import re

# CSS's names, as KaTeX has them. math-core's own green is that of a screen, which nobody can read.
_NAMES = {
    "red": "#FF0000", "green": "#008000", "blue": "#0000FF", "cyan": "#00FFFF", "aqua": "#00FFFF",
    "magenta": "#FF00FF", "fuchsia": "#FF00FF", "yellow": "#FFFF00", "orange": "#FFA500", "purple": "#800080",
    "violet": "#EE82EE", "brown": "#A52A2A", "pink": "#FFC0CB", "gray": "#808080", "grey": "#808080",
    "darkgray": "#A9A9A9", "lightgray": "#D3D3D3", "black": "#000000", "white": "#FFFFFF", "teal": "#008080",
    "olive": "#808000", "lime": "#00FF00", "navy": "#000080", "maroon": "#800000", "silver": "#C0C0C0",
    "gold": "#FFD700", "crimson": "#DC143C", "darkgreen": "#006400", "darkblue": "#00008B", "darkred": "#8B0000",
    "darkorange": "#FF8C00", "lightblue": "#ADD8E6", "lightgreen": "#90EE90", "lightyellow": "#FFFFE0",
    "skyblue": "#87CEEB", "steelblue": "#4682B4", "royalblue": "#4169E1", "tomato": "#FF6347", "indigo": "#4B0082",
    "turquoise": "#40E0D0", "salmon": "#FA8072", "coral": "#FF7F50", "khaki": "#F0E68C", "firebrick": "#B22222",
    "forestgreen": "#228B22", "hotpink": "#FF69B4", "chocolate": "#D2691E", "dodgerblue": "#1E90FF",
}  # fmt: skip
# Khan Academy's exercises have these as commands; KaTeX was made for them.
COMMANDS = {
    "blue": "#6495ED", "orange": "#FFA500", "pink": "#FF00AF", "red": "#DF0030", "green": "#28AE7B",
    "gray": "#808080", "purple": "#9D38BD", "kaBlue": "#314453", "kaGreen": "#71B307",
    "blueA": "#CCFAFF", "blueB": "#80F6FF", "blueC": "#63D9EA", "blueD": "#11ACCD", "blueE": "#0C7F99",
    "tealA": "#94FFF5", "tealB": "#26EDD5", "tealC": "#01D1C1", "tealD": "#01A995", "tealE": "#208170",
    "greenA": "#B6FFB0", "greenB": "#8AF281", "greenC": "#74CF70", "greenD": "#1FAB54", "greenE": "#0D923F",
    "goldA": "#FFD0A9", "goldB": "#FFBB71", "goldC": "#FF9C39", "goldD": "#E07D10", "goldE": "#A75A05",
    "redA": "#FCA9A9", "redB": "#FF8482", "redC": "#F9685D", "redD": "#E84D39", "redE": "#BC2612",
    "maroonA": "#FFBDE0", "maroonB": "#FF92C6", "maroonC": "#ED5FA6", "maroonD": "#CA337C", "maroonE": "#9E034E",
    "purpleA": "#DDD7FF", "purpleB": "#C6B9FC", "purpleC": "#AA87FF", "purpleD": "#7854AB", "purpleE": "#543B78",
    "mintA": "#F5F9E8", "mintB": "#EDF2DF", "mintC": "#E0E5CC", "grayA": "#F6F7F7", "grayB": "#F0F1F2",
    "grayC": "#E3E5E6", "grayD": "#D6D8DA", "grayE": "#BABEC2", "grayF": "#888D93", "grayG": "#626569",
    "grayH": "#3B3E40", "grayI": "#21242C",
}  # fmt: skip

_HEX = re.compile(r"#?([0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})")


def colour(value: str, model: str | None) -> str:
    """A colour as ``#RRGGBB``, or nothing where it is none that is known here."""
    value = value.strip()
    if model is None or model == "HTML":
        if match := _HEX.fullmatch(value):
            digits = match[1] if len(match[1]) == 6 else "".join(2 * digit for digit in match[1])
            if model or value.startswith("#"):
                return f"#{digits.upper()}"
        return _NAMES.get(value.lower(), "") if model is None else ""
    parts = re.findall(r"-?\d*\.?\d+", value)
    shares = [float(part) for part in parts]
    if model == "RGB" and len(shares) == 3:
        shares = [share / 255 for share in shares]
    elif model == "gray" and len(shares) == 1:
        shares *= 3
    elif model != "rgb" or len(shares) != 3:
        return ""
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, share))):02X}" for share in shares)


def is_light(colour: str) -> bool:
    """Whether black is read better on a colour than white (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    red, green, blue = (int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5))
    luminance: float = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    return luminance > 0.179
