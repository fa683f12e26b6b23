r"""Numbers and units as the siunitx package writes them (https://ctan.org/pkg/siunitx), written out as plain TeX.

``\qty{9.81}{\metre\per\second\squared}``, ``\SI``, ``\si``, ``\unit``, ``\num{1.2e-3}``, ``\ang{30;15}``, ranges and
lists. A unit that is not known is left to the converter, which says that it does not know the command.
"""

from __future__ import annotations

import re

from .arguments import argument, option

COMMAND = re.compile(
    r"\\(complexnum|complexqty|SIrange|qtyrange|SIlist|qtylist|qtyproduct|numrange|numlist|numproduct|SI|si|qty|unit|num|ang)(?![A-Za-z])"
)

_PREFIXES = {
    "quecto": "q", "ronto": "r", "yocto": "y", "zepto": "z", "atto": "a", "femto": "f", "pico": "p", "nano": "n",
    "micro": "µ", "milli": "m", "centi": "c", "deci": "d", "deca": "da", "deka": "da", "hecto": "h", "kilo": "k",
    "mega": "M", "giga": "G", "tera": "T", "peta": "P", "exa": "E", "zetta": "Z", "yotta": "Y",
    "ronna": "R", "quetta": "Q", "kibi": "Ki", "mebi": "Mi", "gibi": "Gi", "tebi": "Ti", "pebi": "Pi", "exbi": "Ei",
    "zebi": "Zi", "yobi": "Yi",
}  # fmt: skip
_UNITS = {
    "ampere": "A", "candela": "cd", "kelvin": "K", "kilogram": "kg", "gram": "g", "metre": "m", "meter": "m",
    "mole": "mol", "second": "s", "becquerel": "Bq", "coulomb": "C", "farad": "F", "gray": "Gy", "hertz": "Hz",
    "henry": "H", "joule": "J", "katal": "kat", "lumen": "lm", "lux": "lx", "newton": "N", "ohm": "Ω",
    "pascal": "Pa", "radian": "rad", "siemens": "S", "sievert": "Sv", "steradian": "sr", "tesla": "T", "volt": "V",
    "watt": "W", "weber": "Wb", "astronomicalunit": "au", "bel": "B", "decibel": "dB", "dalton": "Da", "day": "d",
    "electronvolt": "eV", "hectare": "ha", "hour": "h", "litre": "L", "liter": "L", "minute": "min", "neper": "Np",
    "tonne": "t", "percent": r"\%", "degreeCelsius": r"{}^{\circ}\mathrm{C}", "celsius": r"{}^{\circ}\mathrm{C}",
    "degree": r"{}^{\circ}", "arcminute": "'", "arcsecond": "''", "angstrom": "Å", "bar": "bar", "atmosphere": "atm",
    "barn": "b", "knot": "kn", "mmHg": "mmHg", "nauticalmile": "M", "bit": "bit", "byte": "B",
    "eV": "eV", "keV": "keV", "MeV": "MeV", "GeV": "GeV", "TeV": "TeV", "meV": "meV", "fg": "fg", "pg": "pg",
    "ng": "ng", "ug": "µg", "mg": "mg", "g": "g", "kg": "kg", "pm": "pm", "nm": "nm", "um": "µm", "mm": "mm",
    "cm": "cm", "dm": "dm", "m": "m", "km": "km", "as": "as", "fs": "fs", "ps": "ps", "ns": "ns", "us": "µs",
    "ms": "ms", "s": "s", "mol": "mol", "mmol": "mmol", "umol": "µmol", "nmol": "nmol", "kmol": "kmol", "A": "A",
    "mA": "mA", "uA": "µA", "kA": "kA", "l": "L", "L": "L", "ml": "mL", "mL": "mL", "ul": "µL", "Hz": "Hz",
    "mHz": "mHz", "kHz": "kHz", "MHz": "MHz", "GHz": "GHz", "THz": "THz", "N": "N", "mN": "mN", "kN": "kN",
    "Pa": "Pa", "kPa": "kPa", "MPa": "MPa", "GPa": "GPa", "mohm": "mΩ", "kohm": "kΩ", "Mohm": "MΩ", "V": "V",
    "mV": "mV", "uV": "µV", "kV": "kV", "W": "W", "mW": "mW", "uW": "µW", "kW": "kW", "MW": "MW", "GW": "GW",
    "J": "J", "kJ": "kJ", "mJ": "mJ", "MJ": "MJ", "kWh": "kWh", "F": "F", "pF": "pF", "nF": "nF", "uF": "µF",
    "mF": "mF", "H": "H", "mH": "mH", "uH": "µH", "C": "C", "K": "K", "dB": "dB", "T": "T", "mT": "mT",
}  # fmt: skip
_POWERS = {"squared": "2", "cubed": "3", "square": "2", "cubic": "3"}
_PART = re.compile(r"\\([A-Za-z]+)\s*|\^\s*(?:\{([^{}]*)\}|(-?\d+))|([.~*]|\\,)|(/)|([A-Za-zµΩÅ%°]+)|\s+")
_PRODUCT = re.compile(r"(?<=\d)\s*x\s*(?=[\d.+\-])")
_NUMBER = re.compile(
    r"\s*(?P<compare>[<>~]|\\(?:le|ge|leq|geq|approx|sim|ll|gg))?\s*(?P<sign>\+-|\\pm|[+\-−])?\s*(?P<digits>[\d.,\s]*)"
    r"(?:\((?P<error>\d+)\)|\s*(?:\+-|\\pm|±)\s*(?P<plusminus>[\d.,]+))?\s*(?:[eEdD](?P<exponent>[+\-−]?\d+))?\s*"
)
_OPTIONS = re.compile(r"\s*(?:(?:per-mode|detect-[a-z]+)\s*(?:=\s*[a-z-]+\s*)?(?:,\s*|\Z))*")
_PLAIN = r"(?:\d[\d.,]*|[.,]\d+)(?:[eE][+\-−]?\d+)?"
_COMPLEX = re.compile(
    rf"\s*(?P<real>[+\-−]?\s*{_PLAIN}(?!\s*[\dij.,]))?\s*(?:(?P<sign>[+\-−])?\s*(?P<imaginary>{_PLAIN})?\s*(?P<unit>[ij]))?\s*"
)


def write_out(tex: str) -> str:
    """Replaces the commands of siunitx by TeX that needs no package."""
    out = []
    position = 0
    while match := COMMAND.search(tex, position):
        out.append(tex[position : match.start()])
        options, position = option(tex, match.end())
        if not _OPTIONS.fullmatch(options or ""):
            out.append(
                match[0]
            )  # the converter says that it does not know it: other options change what is read
            continue
        written, position = _command(match[1], tex, position, _per(options or ""))
        out.append(f"{{{written}}}")
    out.append(tex[position:])
    return "".join(out)


def _per(options: str) -> str:
    """How a unit below the line is written: the siunitx option ``per-mode``, else as a power."""
    match = re.search(r"per-mode\s*=\s*([a-z-]+)", options)
    return match[1] if match else "power"


def _command(name: str, tex: str, position: int, per: str) -> tuple[str, int]:  # noqa: C901, PLR0911 -- one for each kind
    first, position = argument(tex, position)
    if name in {"num", "numproduct"}:
        return number(first), position
    if name == "complexnum":
        return _complex_number(first), position
    if name in {"si", "unit"}:
        return unit(first, per), position
    if name == "ang":
        return _angle(first), position
    if name == "numlist":
        return _listed([number(part) for part in first.split(";")], ""), position
    second, position = argument(tex, position)
    if name == "numrange":
        return _range(first, second, ""), position
    if name in {"SIrange", "qtyrange"}:
        third, position = argument(tex, position)
        return _range(first, second, _behind(unit(third, per))), position
    if name in {"SIlist", "qtylist"}:
        return _listed([number(part) for part in first.split(";")], _behind(unit(second, per))), position
    if name == "qtyproduct":
        return r" \times ".join(
            number(part) + _behind(unit(second, per)) for part in first.split("x")
        ), position
    if name == "complexqty":
        complex_number = _complex_number(first)
        is_sum = bool(re.search(r".[+\-−]", first))  # of two parts
        return (f"({complex_number})" if is_sum else complex_number) + _behind(unit(second, per)), position
    return number(first) + _behind(unit(second, per)), position


def _behind(written: str) -> str:
    """A unit behind its number: with a thin space, except for degrees and minutes of an angle."""
    is_angle = written in {_UNITS["degree"], "'", "''"}
    return written if is_angle or not written else rf"\,{written}"


def _range(first: str, last: str, written: str) -> str:
    return rf"{number(first)}{written}\text{{ to }}{number(last)}{written}"


def _listed(numbers: list[str], written: str) -> str:
    items = [f"{item}{written}" for item in numbers]
    if len(items) < 3:
        return r"\text{ and }".join(items)
    return r",\ ".join(items[:-1]) + r"\text{, and }" + items[-1]


def number(source: str) -> str:
    r"""A number with its uncertainty and its power of ten: ``1.2e-3``, ``12.3(4)``, ``1.0 +- 0.2``, ``2x3x4``."""
    if _PRODUCT.search(source) and "\\" not in source:
        return r" \times ".join(number(part) for part in _PRODUCT.split(source))
    match = _NUMBER.fullmatch(source)
    if match is None:
        return source.replace("$", "").replace("+-", r"\pm ")
    digits = re.sub(r"\s+", "", match["digits"])
    if digits[:1] in {".", ","} and len(digits) > 1:
        digits = f"0{digits}"
    written = _grouped(digits.replace(",", "."))
    compare = {"~": r"\sim "}.get(match["compare"], match["compare"]) if match["compare"] else ""
    sign = {"+-": r"\pm ", "\\pm": r"\pm ", None: "", "−": "-"}.get(match["sign"], match["sign"])
    written = (
        f"{{{compare}}}{{{sign}}}{written}" if compare else (f"{{{sign}}}{written}" if sign else written)
    )
    if match["error"]:
        written += f"({match['error']})"
    if match["plusminus"]:
        written += rf" \pm {_grouped(match['plusminus'])}"
        if match["exponent"]:
            written = f"({written})"
    if match["exponent"]:
        power = f"10^{{{match['exponent']}}}"
        written = rf"{written} \times {power}" if digits else f"{written}{power}"
    return written


def _complex_number(source: str) -> str:
    """A number such as ``1+2i`` or ``-3j``, the unit of its imaginary part upright and last."""
    match = _COMPLEX.fullmatch(source)
    if match is None or not source.strip():
        return rf"\complexnum{{{source}}}"  # the converter says that it does not know it
    real = number(match["real"]) if match["real"] else ""
    if not match["unit"]:
        return real
    sign = (match["sign"] or "").replace("−", "-")
    imaginary = number(match["imaginary"]) if match["imaginary"] else ""
    return rf"{real}{sign if real else f'{{{sign}}}'}{imaginary}\mathrm{{{match['unit']}}}"


def _grouped(digits: str) -> str:
    """Thin spaces between groups of three, from five digits on, on both sides of the point."""
    whole, point, decimals = digits.partition(".")
    if len(whole) > 4:
        first = len(whole) % 3
        whole = r"\,".join(filter(None, [whole[:first], *re.findall("...", whole[first:])]))
    if len(decimals) > 4:
        decimals = r"\,".join(re.findall(".{1,3}", decimals))
    return whole + point + decimals


def _angle(source: str) -> str:
    parts = [part.strip() for part in source.split(";")]
    signs = (r"^{\circ}", "'", "''")
    return "".join(f"{number(part)}{sign}" for part, sign in zip(parts, signs, strict=False) if part)


def unit(source: str, per: str = "power") -> str:  # noqa: C901, PLR0912 -- one branch for each kind of word
    r"""A unit of commands (``\kilo\gram\per\cubic\metre``) or of letters (``kg.m^{-3}``, ``m/s^2``).

    ``per`` is siunitx's ``per-mode``: with ``symbol`` and ``fraction`` what stands behind ``\per`` goes below the line.
    """
    above: list[str] = []
    below: list[str] = []
    out = above
    prefix = power = ""
    is_below = per in {"symbol", "repeated-symbol", "single-symbol", "fraction"}
    is_per = False
    position = 0
    while match := _PART.search(source, position):
        if source[position : match.start()].strip():
            break
        position = match.end()
        name, group, digits, _dot, slash, letters = match.groups()
        exponent = group or digits
        if slash:
            out.append("/")
        elif exponent and out:
            out[-1] = _raised(out[-1], exponent)
        elif name in _PREFIXES:
            prefix = _PREFIXES[name]
        elif name == "per":
            is_per = True
        elif name in {"squared", "cubed"} and out:
            out[-1] = _raised(out[-1], _POWERS[name])
        elif name in {"square", "cubic"}:
            power = _POWERS[name]
        elif name in {"tothe", "raiseto", "of"}:
            value, position = argument(source, position)
            if name == "raiseto":
                power = value
            elif out:
                out[-1] = _raised(out[-1], value) if name == "tothe" else rf"{out[-1]}_{{\mathrm{{{value}}}}}"
        elif name and name not in _UNITS:
            out.append(match[0])  # the converter says that it does not know it
        elif name or letters:
            symbol = prefix + (_UNITS[name] if name else letters.replace("%", r"\%"))
            written = symbol if "{" in symbol or "'" in symbol else rf"\mathrm{{{symbol}}}"
            out = below if is_per and is_below else above
            exponent = f"{'-' if is_per and not is_below else ''}{power or '1'}"
            out.append(written if exponent == "1" else f"{written}^{{{exponent}}}")
            prefix = power = ""
            is_per = False
    if source[position:].strip():
        # Set as it is written, as siunitx does with what is no unit that it knows.
        literal = source.replace(".", r"\,").replace("~", r"\,")
        return rf"\mathrm{{{literal}}}"
    if not below:
        return _joined(above)
    if per == "fraction":
        return rf"\frac{{{_joined(above) or '1'}}}{{{_joined(below)}}}"
    lower = _joined(below)
    return f"{_joined(above) or '1'}/{f'({lower})' if len(below) > 1 else lower}"


def _joined(items: list[str]) -> str:
    joined = ""
    for item in items:
        joined += item if not joined or item == "/" or joined.endswith("/") else rf"\,{item}"
    return joined


def _raised(written: str, power: str) -> str:
    base, mark, exponent = written.rpartition("^{")
    if mark and exponent == "-1}":
        return f"{base}^{{-{power}}}"
    return f"{written}^{{{power}}}"
