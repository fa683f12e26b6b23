"""Texts that would run a script in a careless renderer: vectors times the places where an author can put them.

Every script calls ``ran()``, which the test's page reports.
"""

from __future__ import annotations

from collections.abc import Callable

VECTORS = {
    "script": "<script>ran()</script>",
    "image": "<img src=x onerror=ran()>",
    "image, no spaces": "<img/src=x/onerror=ran()>",
    "vector graphic": "<svg onload=ran()></svg>",
    "vector graphic in an attribute": "<svg><animate onbegin=ran() attributeName=x dur=1s>",
    "frame": "<iframe srcdoc='<script>parent.ran()</script>'></iframe>",
    "frame address": "<iframe src='javascript:parent.ran()'></iframe>",
    "object": "<object data='javascript:ran()'></object>",
    "embedded": "<embed src='javascript:ran()'>",
    "details": "<details open ontoggle=ran()><summary>a</summary></details>",
    "focus": "<input autofocus onfocus=ran()>",
    "video": "<video><source onerror=ran()></video>",
    "audio": "<audio src=x onerror=ran()></audio>",
    "marquee": "<marquee onstart=ran()>a</marquee>",
    "body": "<body onload=ran()>",
    "style": "<style onload=ran()>a{}</style>",
    "link": "<link rel=stylesheet href=x onerror=ran()>",
    "base and form": "<base href='javascript:ran()//'><form><button autofocus onfocus=ran()>a</button></form>",
    "animation": "<b style='animation:a 1s' onanimationstart=ran()>a</b><style>@keyframes a{}</style>",
    "attribute broken out of": '" onmouseover=ran() autofocus onfocus=ran() tabindex=0 x="',
    "attribute broken out of, single quotes": "' autofocus onfocus=ran() tabindex=0 x='",
    "tag broken out of": '"><img src=x onerror=ran()>',
    "comment broken out of": "--><img src=x onerror=ran()>",
    "title broken out of": "</title></textarea></style></script><img src=x onerror=ran()>",
    "entity": "&lt;img src=x onerror=ran()&gt;",
    "numeric entity": "&#60;img src=x onerror=ran()&#62;",
    "math and style": (
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=ran()&gt;'>"
    ),
    "math and annotation": (
        "<math><annotation-xml encoding='text/html'><img src=x onerror=ran()></annotation-xml></math>"
    ),
    "math and link": "<math href='javascript:ran()'><mi xlink:href='javascript:ran()'>click</mi></math>",
    "svg and style": "<svg></p><style><a id='</style><img src=1 onerror=ran()>'>",
    "noscript": "<noscript><p title='</noscript><img src=x onerror=ran()>'>",
    "form and math": "<form><math><mtext></form><form><mglyph><style></math><img src onerror=ran()>",
    "select": "<select><template><img src=x onerror=ran()></template></select>",
    "xmp": "<xmp><p title='</xmp><img src=x onerror=ran()>'></xmp>",
    "CDATA": "<svg><![CDATA[><img src=x onerror=ran()>]]>",
    "unfinished": "<img src=x onerror=ran() ",
    "null": "<scr\0ipt>ran()</scr\0ipt><img src=x on\0error=ran()>",
    "forged placeholder": "\U000f0000<img src=x onerror=ran()>\U000f0001",
    "line separators": "<img\u2028src=x\u2029onerror=ran()>",
    "template": "{{constructor.constructor('ran()')()}}",
}

ADDRESSES = {
    "plain": "javascript:ran()",
    "letters": "JaVaScRiPt:ran()",
    "tab": "java\tscript:ran()",
    "encoded tab": "java&Tab;script:ran()",
    "encoded colon": "javascript&colon;ran()",
    "numeric entity": "&#106;avascript:ran()",
    "control character": "\x01javascript:ran()",
    "data": "data:text/html,<script>opener.ran()</script>",
    "vbscript": "vbscript:ran()",
    "escaped": "\\javascript:ran()",
    "percent": "%6aavascript:ran()",
    "formula": "$javascript:ran()$",
    "view-source": "view-source:javascript:ran()",
    "quotes": 'x"onclick=ran()//',
    "angle": "x'><img/src=x/onerror=ran()>",
}

CONTEXTS: dict[str, Callable[[str], str]] = {
    "paragraph": lambda vector: f"Text {vector} text",
    "line of its own": lambda vector: f"{vector}\n\ntext",
    "heading": lambda vector: f"### {vector}",
    "list": lambda vector: f"- {vector}\n  - {vector}",
    "table": lambda vector: f"| {vector} | B |\n|---|---|\n| {vector} | $x$ |",
    "code span": lambda vector: f"`{vector}`",
    "fence": lambda vector: f"```html\n{vector}\n```",
    "language": lambda vector: f"```{vector}\na\n```",
    "formula": lambda vector: f"$x_1 {vector}$ and $${vector} \\alpha$$",
    "text in a formula": lambda vector: f"$\\text{{{vector}}} + \\operatorname{{{vector}}}$",
    "link": lambda vector: f"[{vector}](/a '{vector}') [a](</{vector}>)",
    "image": lambda vector: f'![{vector}](/{vector}) ![{vector}](/a.png "{vector}")',
    "annotation": lambda vector: (
        f"$$x {vector}</annotation></semantics></math>{vector}$$ and $\\text{{</annotation>{vector}}}$"
    ),
    "github math": lambda vector: f"$`{vector.replace('`', '')}`$\n\n```math\n{vector}\n```",
    "macro": lambda vector: (
        f"$\\newcommand{{\\a}}[1]{{#1 {vector}}} \\a{{\\text{{{vector}}}}}$ $\\def\\{vector}$"
    ),
    "wrapped": lambda vector: (
        f"$\\colorbox{{{vector}}}{{{vector}}} \\colorbox{{red}}{{{vector}}} \\smash[{vector}]{{{vector}}}$"
    ),
    "drawn": lambda vector: (
        f"$\\rule{{{vector}}}{{1em}} \\Large {vector}$ $\\cancelto{{{vector}}}{{\\sout{{{vector}}}}}$"
    ),
    "forged mark": lambda vector: (
        f"$\\overset{{\\text{{\ue0000\ue001{vector}}}}}{{x}} \\smash{{\\text{{{vector}}}}}$"
    ),
    "footnote": lambda vector: f"a[^{vector[:20]}] b[^n]\n\n[^n]: {vector}\n\n[^{vector[:20]}]: {vector}",
    "task": lambda vector: f"- [ ] {vector}\n- [x] $\\text{{{vector}}}$",
    "chemistry": lambda vector: f"$\\ce{{A ->[{vector}] B}} \\pu{{5 {vector}}} \\SI{{5}}{{{vector}}}$",
    "bold formula": lambda vector: f"**$x$ {vector}** $\\tag{{{vector}}} y$ $\\color{{{vector}}} z$",
}

ADDRESS_CONTEXTS: dict[str, Callable[[str], str]] = {
    "link": lambda address: f"[a]({address})",
    "link in angles": lambda address: f"[a](<{address}>)",
    "autolink": lambda address: f"<{address}>",
    "reference": lambda address: f"[a][b]\n\n[b]: {address}",
    "image": lambda address: f"![a]({address})",
    "formula link": lambda address: f"$\\href{{{address}}}{{x}} \\url{{{address}}}$ [$x$]({address})",
}


def payloads() -> dict[str, dict[str, str]]:
    """Every vector in every place, by the vector and then by a name of both."""
    groups = {
        vector: {f"{vector} in {context}": write(text) for context, write in CONTEXTS.items()}
        for vector, text in VECTORS.items()
    }
    groups |= {
        f"address: {kind}": {
            f"address {kind} in {context}": write(text) for context, write in ADDRESS_CONTEXTS.items()
        }
        for kind, text in ADDRESSES.items()
    }
    return groups
