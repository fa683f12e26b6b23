"""Clipboards: the HTML that other programs put there around short texts of ours, and what is to become of it."""

from __future__ import annotations

_MATH = "http://www.w3.org/1998/Math/MathML"
_WORD_LIST = "<p class=MsoListParagraph style='text-indent:-.25in;mso-list:l0 level{} lfo1'>"
_BULLET = "<![if !supportLists]><span style='mso-list:Ignore'>{}<span>&nbsp;&nbsp; </span></span><![endif]>"


def _math(inside: str, attributes: str = "") -> str:
    return f'<p>So <math xmlns="{_MATH}" {attributes}>{inside}</math>.</p>'


def _word(inside: str) -> str:
    """A formula of Word as it stands on its clipboard: in a comment, beside a picture for other programs."""
    return (
        f"<p class=MsoNormal>So <!--[if gte msEquation 12]><m:oMath>{inside}</m:oMath><![endif]-->"
        "<![if !msEquation]><img width=40 height=20 src='file:///C:/clip.png' alt='no formula'><![endif]>.</p>"
    )


def _run(text: str) -> str:
    return f"<i><span style='font-family:\"Cambria Math\",serif'><m:r>{text}</m:r></span></i>"


# Name: (HTML, Markdown).
SOURCES = {
    "Word": (
        "<html xmlns:m='x'><head><style>p.MsoNormal {margin:0}</style><!--[if gte mso 9]><xml>no</xml><![endif]--></head>"
        "<body><!--StartFragment--><h2>Leaves<o:p></o:p></h2>"
        "<p class=MsoNormal>They are <b style='mso-bidi-font-weight:normal'>green</b>\nor "
        "<span style='font-style:italic'>red </span>in autumn.<o:p>&nbsp;</o:p></p>"
        + _WORD_LIST.format(1)
        + _BULLET.format("·")
        + "First</p>"
        + _WORD_LIST.format(2)
        + _BULLET.format("o")
        + "Inner</p>"
        + _WORD_LIST.format(2)
        + _BULLET.format("1.")
        + "Counted</p>"
        + _WORD_LIST.format(1)
        + _BULLET.format("·")
        + "Second</p>"
        "<table class=MsoTableGrid><tr><td><p class=MsoNormal><b>Colour</b></p></td><td><p>Sign</p></td></tr>"
        "<tr><td><p>red</p></td><td><p>a|b</p></td></tr></table><!--EndFragment--></body></html>",
        (
            "## Leaves\n\nThey are **green** or *red* in autumn.\n\n- First\n  - Inner\n  1. Counted\n- Second\n\n"
            "| Colour | Sign |\n| --- | --- |\n| red | a\\|b |"
        ),
    ),
    "Google Docs": (
        (
            '<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1a2b"><h3 dir="ltr">'
            '<span style="font-weight:700">Tides</span></h3><p dir="ltr"><span style="font-weight:400">The </span>'
            '<span style="font-weight:700">moon</span><span style="font-weight:400;font-style:italic"> pulls</span>'
            '<span style="font-weight:400"> at </span><a href="https://example.com/sea" style="text-decoration:none">'
            '<span style="text-decoration:underline">the sea</span></a><span>, says </span>'
            "<span style=\"font-family:'Courier New',monospace\">tide()</span><span>.</span></p><br>"
            '<ul><li dir="ltr" style="font-weight:400"><p><span style="font-weight:400">high</span></p></li>'
            "<ul><li><p><span>spring</span></p></li></ul><li><p><span>low</span></p></li></ul></b>"
        ),
        (
            "### Tides\n\nThe **moon** *pulls* at [the sea](https://example.com/sea), says `tide()`.\n\n"
            "- high\n  - spring\n- low"
        ),
    ),
    "LibreOffice": (
        (
            '<!DOCTYPE html><html><head><meta http-equiv="content-type" content="text/html"/><title></title>'
            '<style type="text/css">p { line-height: 115% }</style></head><body lang="en-GB"><h1 class="western">Salt</h1>'
            '<p style="line-height: 100%">Salt is <font color="#000000"><b>NaCl</b></font>;<br/>\nwater H<sub>2</sub>O.</p>'
            '<ol start="3"><li><p>solve</p></li><li><p>wait</p></li></ol><table><thead><tr><th><p>Name</p></th></tr></thead>'
            "<tbody><tr><td><p>salt</p></td></tr></tbody></table></body></html>"
        ),
        "# Salt\n\nSalt is **NaCl**;  \nwater H₂O.\n\n3. solve\n4. wait\n\n| Name |\n| --- |\n| salt |",
    ),
    "LibreOffice: a deep list": (
        (
            '<ul>\n\t<li><p style="margin-bottom: 0.14in">one</p>\n</ul>\n<ol>\n\t<ol>\n\t\t<li value="1"><p class="compact">'
            '<font face="Cambria, serif">deep</font></p>\n\t</ol>\n</ol>'
        ),
        "- one\n\n1. deep",
    ),
    "pandoc with MathJax": (
        (
            '<p>So <em>it</em> is: <span class="math inline">\\(n_1 \\sin\\theta_1\\)</span>, <span class="math inline"><em>x</em></span>'
            '</p><p><span class="math display">\\[\\frac{1}{f} = 2\\]</span></p>'
            '<div class="math notranslate nohighlight">\n\\[a &lt; b\\]</div>'
        ),
        "So *it* is: $n_1 \\sin\\theta_1$, *x*\n\n$$\n\\frac{1}{f} = 2\n$$\n\n$$\na < b\n$$",
    ),
    "Notion": (
        (
            '<meta charset="utf-8"><h2>Plan</h2><ul class="to-do-list"><li><div class="checkbox checkbox-on"></div>'
            '<span class="to-do-children-checked">read</span></li><li><div class="checkbox checkbox-off"></div>'
            "<span>write</span></li></ul><blockquote>Said<br>twice</blockquote>"
            '<pre><code class="language-Python">def f():\n    return 1 &lt; 2\n</code></pre><hr>'
            "<p><code>a`b</code> and <del>gone</del></p>"
        ),
        (
            "## Plan\n\n- [x] read\n- [ ] write\n\n> Said  \n> twice\n\n```python\ndef f():\n    return 1 < 2\n```\n\n---\n\n"
            "``a`b`` and ~~gone~~"
        ),
    ),
    "a chat with KaTeX": (
        (
            "<p>Energy is <span class='katex'><span class='katex-mathml'><math><semantics><mrow><mi>E</mi></mrow>"
            "<annotation encoding='application/x-tex'>E=mc^2</annotation></semantics></math></span>"
            "<span class='katex-html' aria-hidden='true'><span style='height:1em'>E=mc2</span></span></span>, so</p>"
            "<span class='katex-display'><span class='katex'><span class='katex-mathml'><math display='block'><semantics>"
            "<mi>x</mi><annotation encoding='application/x-tex'>\\frac{a}{b}</annotation></semantics></math></span>"
            "<span class='katex-html'>ab</span></span></span><pre><div><div>python</div><button>Copy code</button></div>"
            "<div><code class='hljs language-python'><span class='hljs-keyword'>import</span> math</code></div></pre>"
        ),
        "Energy is $E=mc^2$, so\n\n$$\n\\frac{a}{b}\n$$\n\n```python\nimport math\n```",
    ),
    "a page with MathJax 3": (
        (
            "<p>Roots: <mjx-container class='MathJax' jax='CHTML'><mjx-math><mjx-mi>x</mjx-mi></mjx-math><mjx-assistive-mml>"
            "<math><msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt></math></mjx-assistive-mml></mjx-container></p>"
            "<mjx-container display='true'><mjx-assistive-mml><math display='block'><munderover><mo>∑</mo><mrow><mi>i</mi>"
            "<mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><msub><mi>a</mi><mi>i</mi></msub></math>"
            "</mjx-assistive-mml></mjx-container>"
        ),
        "Roots: $\\sqrt{x+1}$\n\n$$\n\\sum_{i=1}^n a_i\n$$",
    ),
    "a page with MathJax 2": (
        (
            "<p>Area <span class='MathJax_Preview'></span><span class='MathJax' data-mathml='<math></math>'>πr2</span>"
            "<script type='math/tex'>\\pi r^2</script>, <span class='MathJax' data-mathml='"
            "&lt;math&gt;&lt;mi&gt;θ&lt;/mi&gt;&lt;/math&gt;'>θ</span></p>"
        ),
        "Area $\\pi r^2$,",
    ),
    "a page with MathJax 2, copied": (
        "<p>An <span class='MathJax' data-mathml='&lt;math&gt;&lt;mi&gt;θ&lt;/mi&gt;&lt;/math&gt;'>θ</span>.</p>",
        "An $\\theta$.",
    ),
    "Wikipedia": (
        (
            "<p>So <span class='mwe-math-element'><span style='display: none'><math alttext='x'><semantics><mi>x</mi>"
            "<annotation encoding='application/x-tex'>{\\displaystyle x^{2}}</annotation></semantics></math></span>"
            "<img src='https://example.com/x.svg' class='mwe-math-fallback-image-inline' alt='{\\displaystyle x^{2}}'></span> "
            "in <a href='/wiki/Algebra' title='Algebra'>algebra</a>.</p>"
        ),
        "So $x^{2}$ in [algebra](/wiki/Algebra).",
    ),
    "MathML: matrix": (
        _math(
            "<mrow><mo>(</mo><mtable><mtr><mtd><mi>a</mi></mtd><mtd><mi>b</mi></mtd></mtr>"
            "<mtr><mtd><mn>0</mn></mtd><mtd><mi>λ</mi></mtd></mtr></mtable><mo>)</mo></mrow>"
        ),
        "So $\\begin{pmatrix} a & b \\\\ 0 & \\lambda \\end{pmatrix}$.",
    ),
    "MathML: accents, words, functions": (
        _math(
            "<mover accent='true'><mi>v</mi><mo>→</mo></mover><mo>≤</mo><mi>sin</mi><mi>x</mi><mtext> if </mtext>"
            "<msubsup><mi>y</mi><mn>1</mn><mn>10</mn></msubsup><mo>∈</mo><mi mathvariant='double-struck'>R</mi>"
        ),
        "So $\\vec{v}\\leq \\sin x\\text{ if }y_1^{10} \\in \\mathbb{R}$.",
    ),
    "Word: fraction, root, script": (
        _word(
            _run("x=")
            + f"<m:f><m:num>{_run('−b±')}<m:rad><m:radPr><m:degHide m:val=on /></m:radPr><m:deg></m:deg><m:e><m:sSup><m:e>"
            f"{_run('b')}</m:e><m:sup>{_run('2')}</m:sup></m:sSup>{_run('−4ac')}</m:e></m:rad></m:num>"
            f"<m:den>{_run('2a')}</m:den></m:f>"
        ),
        "So $x=\\frac{-b\\pm \\sqrt{b^2 -4ac}}{2a}$.",
    ),
    "Word: sum, matrix, fences, accent": (
        _word(
            '<m:nary><m:naryPr><m:chr m:val="∑"/><m:limLoc m:val="undOvr"/></m:naryPr>'
            f"<m:sub>{_run('k=0')}</m:sub><m:sup>{_run('∞')}</m:sup><m:e>{_run('α')}</m:e></m:nary>"
            '<m:d><m:dPr><m:begChr m:val="["/><m:endChr m:val="]"/></m:dPr><m:e><m:m><m:mr>'
            f"<m:e>{_run('1')}</m:e><m:e>{_run('0')}</m:e></m:mr></m:m></m:e></m:d>"
            f'<m:acc><m:accPr><m:chr m:val="̂"/></m:accPr><m:e>{_run("p")}</m:e></m:acc>'
        ),
        "So $\\sum_{k=0}^{\\infty} \\alpha \\begin{bmatrix} 1 & 0 \\end{bmatrix}\\hat{p}$.",
    ),
    "Word: a formula of its own": (
        (
            "<p class=MsoNormal><!--[if gte msEquation 12]><m:oMathPara><m:oMath><m:limLow><m:e>"
            f"<m:r>lim</m:r></m:e><m:lim>{_run('n→∞')}</m:lim></m:limLow>{_run('f')}<m:d><m:e>{_run('n')}</m:e></m:d>"
            "</m:oMath></m:oMathPara><![endif]--></p>"
        ),
        "$$\n\\lim_{n\\to \\infty} f(n)\n$$",
    ),
    "signs that are text": (
        "<p><b>Not</b> *so* _this_ 2 * 3, &lt;b&gt; &amp;amp; [a](b) `c`, snake_case</p><p>1. no list</p><p># no heading</p>",
        "**Not** \\*so\\* \\_this\\_ 2 * 3, \\<b> \\&amp; \\[a\\](b) \\`c\\`, snake_case\n\n1\\. no list\n\n\\# no heading",
    ),
    "cells over rows and columns": (
        "<table><tr><th rowspan=2>A</th><th colspan=2>B</th></tr><tr><td>1</td><td><ul><li>x<li>y</ul></td></tr></table>",
        "| A | B |  |\n| --- | --- | --- |\n|  | 1 | - x - y |",
    ),
}

# Wrappers of plain text: Markdown in them stays what it is.
PLAIN = {
    "a page": '<meta charset="utf-8"><span style="color: rgb(0, 0, 0)">**as it was**</span>',
    "an editor of code": '<meta charset="utf-8"><div style="font-family: \'Fira Code\', Consolas, monospace;white-space: pre;">'
    '<div><span style="font-weight: bold">**as it was**</span></div></div>',
    "another": "<html><body><pre style=\"font-family:'JetBrains Mono',monospace\"><b>**as it was**</b></pre></body></html>",
    "nothing": "<p></p>",
}

_EVIL = "https://evil.example"
_B = "<b>ok</b>"
_ADDRESSES = (
    "javascript:hurt=1",
    "JaVaScRiPt:hurt=1",
    "java\nscript:hurt=1",
    "&#106;avascript:hurt=1",
    " javascript:hurt=1",
    "\x01javascript:hurt=1",
    "data:text/html,<script>hurt=1</script>",
    "vbscript:hurt",
    "//evil.example/x",
    "/\\evil.example",
    "file:///etc/passwd",
    "blob:https://evil.example/1",
    "#top",
)
_LEFT_OUT = (
    "<script>hurt=1</script>",
    f"<script src={_EVIL}/x.js></script>",
    f"<iframe src={_EVIL}></iframe>",
    "<iframe srcdoc='<script>hurt=1</script>'></iframe>",
    f"<base href={_EVIL}/>",
    f"<meta http-equiv=refresh content='0;url={_EVIL}'>",
    f"<link rel=stylesheet href={_EVIL}/x.css>",
    f"<style>@import url({_EVIL}/x.css); p {{background: url({_EVIL}/y)}}</style>",
    f"<div style='background:url({_EVIL}/x.png)'></div>",
    f"<img src={_EVIL}/x.png onerror=hurt=1>",
    f"<img srcset='{_EVIL}/x.png 2x' src=x onload=hurt=1>",
    "<svg onload=hurt=1><script>hurt=1</script></svg>",
    f"<svg><use href={_EVIL}/x.svg#a /></svg>",
    f"<object data={_EVIL}></object>",
    f"<embed src={_EVIL}>",
    f"<video src={_EVIL} poster={_EVIL}/p autoplay onerror=hurt=1></video>",
    f"<audio src={_EVIL} autoplay></audio>",
    f"<input type=image src={_EVIL}/x onfocus=hurt=1 autofocus>",
    f"<form action={_EVIL}><button formaction=javascript:hurt=1>go</button></form>",
    "<math><mtext><table><mglyph><style><img src=x onerror=hurt=1></style></mglyph></table></mtext></math>",
    "<template><script>hurt=1</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=hurt=1>'></noscript>",
    "<!--><img src=x onerror=hurt=1><!-- -->",
    f"<table background={_EVIL}/x></table>",
)

# HTML, and what becomes of it: None where it is refused with a sentence and pasted as text, LONG where it is longer than an
# answer may be, and nothing is pasted.
LONG = "before"
HOSTILE: list[tuple[str, str | None]] = [
    *((f"{_B} <a href='{address}'>x</a>", "**ok** x") for address in _ADDRESSES),
    *((_B + left, "**ok**") for left in _LEFT_OUT),
    ("<b onclick=hurt=1 style='x:expression(hurt=1)' style=\"a>b\">ok</b>", "**ok**"),
    ("<b>&lt;script&gt;hurt=1&lt;/script&gt;</b>", "**\\<script>hurt=1\\</script>**"),
    (
        "<a href='https://example.com/a) [b](c' onclick=hurt=1>x</a>",
        "[x](https://example.com/a%29%20[b]%28c)",
    ),
    ("<div>" * 5_000 + _B, None),
    ("<b><ul><li>" * 5_000, None),
    (f"<table>{'<tr><td>1' * 60_000}</table>", LONG),
    (f"<table>{'<tr><td colspan=1000000 rowspan=1000000>1' * 5_000}</table>", None),
    ("<p>" + "x" * 2_000_001, None),
    ("<b>ok</b><a " + "style=" * 100_000, "**ok**"),
    ("<b>ok</b>" + "<!--[if gte msEquation 12]>" * 20_000, "**ok**"),
    (f"<b>{'*' * 50_000}x</b>", f"**{'*' * 50_000}x**"),
    (f"<code>a{'<br>' * 50_000}b</code>", "`a b`"),
    (f"<pre>a{' ' * 500_000}b</pre>", LONG),
]
