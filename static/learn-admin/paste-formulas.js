// Formulas on a clipboard as TeX: what KaTeX, MathJax and Wikipedia note beside theirs, MathML, and Word's Office MathML.

// Unicode to TeX, "sign name" pairs; a sign that is not here is TeX as it stands.
const SIGNS = Object.fromEntries(
  ("α alpha β beta γ gamma δ delta ε varepsilon ϵ epsilon ζ zeta η eta θ theta ϑ vartheta ι iota κ kappa λ lambda μ mu µ mu ν nu ξ xi π pi ϖ varpi ρ rho ϱ varrho " +
    "σ sigma ς varsigma τ tau υ upsilon φ varphi ϕ phi χ chi ψ psi ω omega Γ Gamma Δ Delta ∆ Delta Θ Theta Λ Lambda Ξ Xi Π Pi Σ Sigma Υ Upsilon Φ Phi Ψ Psi Ω Omega " +
    "∑ sum ∏ prod ∐ coprod ∫ int ∬ iint ∭ iiint ∮ oint ⋃ bigcup ⋂ bigcap ⋁ bigvee ⋀ bigwedge ⨁ bigoplus ⨂ bigotimes " +
    "± pm ∓ mp × times ÷ div ⋅ cdot · cdot ∙ cdot ∗ ast ∘ circ ∼ sim ≃ simeq ≅ cong ≈ approx ≠ neq ≡ equiv ≤ leq ≥ geq ⩽ leq ⩾ geq ≪ ll ≫ gg ∝ propto ≺ prec ≻ succ " +
    "∈ in ∉ notin ∋ ni ⊂ subset ⊃ supset ⊆ subseteq ⊇ supseteq ∪ cup ∩ cap ∖ setminus ∅ emptyset ∧ wedge ∨ vee ¬ neg ∀ forall ∃ exists ∄ nexists ⊢ vdash ⊨ models " +
    "⊥ perp ∥ parallel ∣ mid ∠ angle ⊕ oplus ⊗ otimes ⊙ odot → to ← leftarrow ↔ leftrightarrow ⇒ Rightarrow ⇐ Leftarrow ⇔ Leftrightarrow ⟹ implies ⟺ iff ⟶ longrightarrow " +
    "↦ mapsto ↑ uparrow ↓ downarrow ⇌ rightleftharpoons ∞ infty ∂ partial ∇ nabla ℏ hbar ℓ ell ℜ Re ℑ Im ℵ aleph ′ prime † dagger ° circ … ldots ⋯ cdots ⋮ vdots ⋱ ddots " +
    "⟨ langle 〈 langle ⟩ rangle 〉 rangle ⌊ lfloor ⌋ rfloor ⌈ lceil ⌉ rceil ‖ Vert { { } } % % # # & & $ $ _ _").match(/\S+ \S+/g).map((pair) => pair.split(" ")),
);
const NAMED = new Set("sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan ln log lg exp lim max min sup inf det dim ker deg gcd arg hom Pr".split(" "));
const LARGE = /^\\(?:sum|prod|coprod|i*int|oint|big\w+|lim|max|min|sup|inf|det|gcd|Pr)$/;
const ACCENTS = { "^": "hat", "ˆ": "hat", "̂": "hat", "~": "tilde", "˜": "tilde", "̃": "tilde", "¯": "bar", "‾": "overline", "̅": "overline", "̄": "bar", "→": "vec", "⃗": "vec", "˙": "dot", ".": "dot", "̇": "dot", "¨": "ddot", "̈": "ddot", "ˇ": "check", "̌": "check", "´": "acute", "́": "acute", "`": "grave", "̀": "grave", "˘": "breve", "̆": "breve", "⏞": "overbrace" };
const UNDER = { "_": "underline", "̲": "underline", "̱": "underline", "¯": "underline", "⏟": "underbrace" };
const LETTERS = { "double-struck": "mathbb", script: "mathcal", fraktur: "mathfrak", bold: "mathbf", "sans-serif": "mathsf", monospace: "mathtt" };
// Letters that Unicode holds apart from their alphabets; the others lie in rows from U+1D400.
const APART = { "ℝ": "mathbb{R}", "ℕ": "mathbb{N}", "ℤ": "mathbb{Z}", "ℚ": "mathbb{Q}", "ℂ": "mathbb{C}", "ℙ": "mathbb{P}", "ℍ": "mathbb{H}", "ℒ": "mathcal{L}", "ℋ": "mathcal{H}", "ℱ": "mathcal{F}", "ℎ": "h", "ℬ": "mathcal{B}", "ℰ": "mathcal{E}", "ℳ": "mathcal{M}" };
const ROWS = ["mathbf", "", "mathbf", "mathcal", "mathcal", "mathfrak", "mathbb", "mathfrak", "mathsf", "mathsf", "mathsf", "mathsf", "mathtt"];
const FENCES = { "(": "(", ")": ")", "[": "[", "]": "]", "{": "\\{", "}": "\\}", "|": "|", "∣": "|", "‖": "\\|", "∥": "\\|", "⟨": "\\langle", "〈": "\\langle", "⟩": "\\rangle", "〉": "\\rangle", "⌊": "\\lfloor", "⌋": "\\rfloor", "⌈": "\\lceil", "⌉": "\\rceil", "": "." };
const MATRICES = { "(": "pmatrix", "[": "bmatrix", "|": "vmatrix", "‖": "Vmatrix", "{": "Bmatrix" };

/** The TeX of a formula on one line for `$`, as written for `$$`; "" for an element that only repeats another. */
export function texOf(node) {
  const noted = node.getAttribute("data-math") ?? node.querySelector("annotation[encoding='application/x-tex' i], annotation[encoding='TeX' i]")?.textContent;
  if (noted) return bare(noted);
  if (node.localName === "script") return bare(node.textContent);
  if (/^m:/.test(node.localName)) return tidy(office(node)).replaceAll(SPACE, " ");
  if (node.matches(".MathJax, .MathJax_Display")) {
    if (node.parentElement.querySelector("script[type^='math/tex']")) return "";
    const source = node.querySelector("[data-mathml]") ?? node;
    const inside = new DOMParser().parseFromString(source.getAttribute("data-mathml") ?? "", "text/html").querySelector("math");
    if (inside) return texOf(inside);
  }
  const math = node.localName === "math" ? node : node.querySelector("math");
  return math ? tidy(mathml(math)).replaceAll(SPACE, " ") : "";
}

/** TeX without what encloses it: dollar signs, and the style that Wikipedia puts around it. */
export function bare(tex) {
  let text = tex.trim().replace(/^(\$\$?)([^]*)\1$/, "$2").replace(/^\\([[(])([^]*)\\[\])]$/, "$2").trim();
  text = text.replace(/^\{\\(?:displaystyle|textstyle)\s*([^]*)\}$/, "$1").trim();
  return text.replace(/\n\s*\n/g, "\n");
}

const tidy = (tex) => tex.replace(/\s+/g, " ").replace(/ (?=[}^_,;)\]])/g, "").replace(/(?<=[{(^_[]) /g, "").trim();
const braced = (tex) => (/^(?:[\p{L}\p{N}])$/u.test(tidy(tex)) ? tidy(tex) : `{${tidy(tex)}}`);
const base = (tex) => (/^(?:[\p{L}\p{N})\]|]|\\[a-z]+|\\math[a-z]+\{\w\}|\\(?:left|begin)\b[^]*)$/iu.test(tidy(tex)) ? tidy(tex) : `{${tidy(tex)}}`);
const scripts = (tex, sub, sup) => `${base(tex)}${sub ? `_${braced(sub)}` : ""}${sup ? `^${primes(sup)}` : ""} `;
const primes = (sup) => (/^(?:\\prime ?)+$/.test(tidy(sup)) ? `{${tidy(sup)}}` : braced(sup));

function signs(text) {
  let made = "";
  for (const sign of text) {
    const code = sign.codePointAt(0) - 0x1d400;
    if (sign === "\\") made += "\\backslash ";
    else if (SIGNS[sign]) made += `\\${SIGNS[sign]}${/\w/.test(SIGNS[sign]) && sign !== "_" ? " " : ""}`;
    else if (APART[sign]) made += APART[sign].length > 1 ? `\\${APART[sign]}` : APART[sign];
    else if (code >= 0 && code < 52 * 13) {
      const letter = String.fromCharCode((code % 52) + (code % 52 < 26 ? 65 : 71));
      const alphabet = ROWS[Math.floor(code / 52)];
      made += alphabet ? `\\${alphabet}{${letter}}` : letter;
    } else if (code >= 0x2a8 && code < 0x37c) made += greek(code - 0x2a8);
    else if (code >= 0x3ce && code < 0x400) made += String((code - 0x3ce) % 10);
    else if (sign === "−" || sign === "‐") made += "-";
    else if (!/[\u2061-\u2064\u200b\ufeff]/.test(sign)) made += sign === "\u00a0" || /[\u2000-\u200a]/.test(sign) ? " " : sign;
  }
  return made;
}

function greek(code) {
  const at = code % 58;
  const letter = at < 25 ? String.fromCodePoint(0x391 + at) : at > 25 && at < 51 ? String.fromCodePoint(0x3b1 + at - 26) : ["∂", "ϵ", "ϑ", "ϰ", "ϕ", "ϱ", "ϖ"][at - 51] ?? "∇";
  return SIGNS[letter] ? `\\${SIGNS[letter]} ` : letter;
}

const SPACE = "\ue000"; // of a text in a formula, which stays
const words = (text) => `\\text{${text.replace(/[\\{}$&#%_^~]/g, (sign) => ("{}$&#%_".includes(sign) ? `\\${sign}` : " ")).replaceAll(" ", SPACE)}}`;
const named = (text) => (NAMED.has(text) ? `\\${text} ` : "");
const matrix = (rows, kind = "matrix") => `\\begin{${kind}} ${rows.map((row) => row.map(tidy).join(" & ")).join(" \\\\ ")} \\end{${kind}}`;
const root = (tex, degree) => `\\sqrt${degree && tidy(degree) ? `[${tidy(degree)}]` : ""}{${tidy(tex)}}`;
const fence = (sign) => FENCES[sign.trim()] ?? signs(sign);

function fenced(open, close, tex) {
  const only = tidy(tex).match(/^\\begin\{matrix\}((?:(?!\\begin\{)[^])*)\\end\{matrix\}$/);
  if (only && MATRICES[open] && (close === { "(": ")", "[": "]", "{": "}" }[open] || close === open)) return matrixAs(only[1], MATRICES[open]);
  if (only && open === "{" && !close) return matrixAs(only[1], "cases");
  const isLow = !/\\(?:frac|sum|prod|int|begin|sqrt|left)\b/.test(tex) && /^[([]$/.test(open) && /^[)\]]$/.test(close);
  return isLow ? `${open}${tidy(tex)}${close}` : `\\left${fence(open)} ${tidy(tex)} \\right${fence(close)}`;
}

const matrixAs = (inner, kind) => `\\begin{${kind}}${inner}\\end{${kind}}`;

function over(tex, sign, under) {
  const accent = (under ? UNDER : ACCENTS)[sign.trim()];
  if (!accent) return `\\${under ? "under" : "over"}set{${tidy(signs(sign))}}{${tidy(tex)}}`;
  const isWide = tidy(tex).replace(/\\[a-z]+/gi, "x").length > 1;
  return `\\${isWide ? { hat: "widehat", tilde: "widetilde", bar: "overline", vec: "overrightarrow" }[accent] ?? accent : accent}{${tidy(tex)}}`;
}

// --- MathML: https://www.w3.org/TR/mathml-core/ ------------------------------------------------------------------

function mathml(node) {
  const all = [...node.children];
  const [a, b, c] = all.map((child) => () => mathml(child));
  const each = (children = all) => row(children);
  const text = node.textContent.trim();
  switch (node.localName) {
    case "mi": {
      if (text.length > 1 && /^\p{L}+$/u.test(text)) return named(text) || `\\operatorname{${text}} `;
      const alphabet = LETTERS[node.getAttribute("mathvariant")] ?? (node.getAttribute("mathvariant") === "normal" && /^[a-z]$/i.test(text) ? "mathrm" : "");
      return alphabet ? `\\${alphabet}{${signs(text)}}` : signs(text);
    }
    case "mn":
      return signs(text);
    case "mo":
      return named(text) || signs(text);
    case "mtext":
    case "ms":
      return text ? words(node.textContent.replace(/[\s\u00a0]+/g, " ")) : " ";
    case "mspace":
      return " ";
    case "annotation":
    case "annotation-xml":
    case "mphantom":
    case "none":
    case "mprescripts":
      return "";
    case "semantics":
      return a?.() ?? "";
    case "mfrac":
      if (/^0(?:\D|$)/.test(node.getAttribute("linethickness") ?? "")) return `\\binom{${tidy(a?.() ?? "")}}{${tidy(b?.() ?? "")}}`;
      return `\\frac{${tidy(a?.() ?? "")}}{${tidy(b?.() ?? "")}}`;
    case "msqrt":
      return root(each());
    case "mroot":
      return root(a?.() ?? "", b?.());
    case "msub":
    case "msup":
    case "msubsup": {
      const isSup = node.localName === "msup";
      return scripts(a?.() ?? "", isSup ? "" : b?.(), isSup ? b?.() : c?.());
    }
    case "munder":
    case "mover":
    case "munderover":
      return limits(node, all);
    case "mmultiscripts": {
      const at = all.findIndex((child) => child.localName === "mprescripts");
      const after = all.slice(1, at < 0 ? undefined : at).map(mathml);
      const before = at < 0 ? [] : all.slice(at + 1).map(mathml);
      return `${before.length ? `{}${before[0] ? `_${braced(before[0])}` : ""}${before[1] ? `^${braced(before[1])}` : ""}` : ""}${scripts(a?.() ?? "", after[0], after[1])}`;
    }
    case "mtable":
      return matrix(all.filter((child) => /^ml?a?b?e?l?e?d?tr$/.test(child.localName)).map((line) => [...line.children].map(mathml)));
    case "mfenced":
      return fenced(node.getAttribute("open") ?? "(", node.getAttribute("close") ?? ")", all.map(mathml).join(", "));
    case "menclose":
      return /box/.test(node.getAttribute("notation") ?? "") ? `\\boxed{${tidy(each())}}` : each();
    default:
      return all.length ? each() : signs(text);
  }
}

// Fences around a table make it a matrix: they are operators beside it.
function row(children) {
  const [first, second, third] = children;
  const table = second && (second.localName === "mtable" ? second : second.children.length === 1 && second.firstElementChild.localName === "mtable" && second);
  if (table && children.length <= 3 && first.localName === "mo") {
    const [open, close] = [first, third].map((one) => one?.textContent.trim() ?? "");
    if (FENCES[open] && (!close || FENCES[close])) return fenced(open, close, mathml(table));
  }
  return children.map(mathml).join("");
}

function limits(node, [kernel, one, two]) {
  if (!kernel || !one) return kernel ? mathml(kernel) : "";
  const tex = mathml(kernel);
  const isOver = node.localName === "mover";
  if (LARGE.test(tidy(tex))) return isOver ? scripts(tex, "", mathml(one)) : scripts(tex, mathml(one), two && mathml(two));
  if (two) return `\\overset{${tidy(mathml(two))}}{\\underset{${tidy(mathml(one))}}{${tidy(tex)}}}`;
  if ((isOver ? ACCENTS : UNDER)[one.textContent.trim()] && !one.children.length) return over(tex, one.textContent, !isOver);
  return /^\\(?:over|under)brace/.test(tidy(tex)) ? scriptsOf(tex, mathml(one), isOver) : `\\${isOver ? "over" : "under"}set{${tidy(mathml(one))}}{${tidy(tex)}}`;
}

const scriptsOf = (tex, label, isOver) => `${tidy(tex)}${isOver ? "^" : "_"}${braced(label)}`;

// --- Office MathML: ECMA-376, part 1, 22.1 ------------------------------------------------------------------------

function office(node) {
  const part = (name) => [...node.children].find((child) => child.localName === `m:${name}`);
  const of = (name) => (part(name) ? office(part(name)) : "");
  // Properties are looked for within the element's own ones, at any depth: HTML closes none of those empty elements.
  const value = (kind, name, missing) => {
    const found = part(kind)?.querySelector(`m\\:${name}`);
    return found ? found.getAttribute("m:val") ?? "" : missing;
  };
  const isOff = (kind, name) => /^(?:1|on|true|)$/.test(value(kind, name, "0"));
  switch (node.localName.replace("m:", "")) {
    case "r": {
      const text = node.textContent.replace(/\s+/g, " ");
      if (value("rpr", "nor", null) !== null) return words(text);
      return text.replace(/[a-z]{2,}|[^a-z]+|[a-z]/gi, (piece) => (piece.length > 1 && /^[a-z]/i.test(piece) ? named(piece) || piece : signs(piece)));
    }
    case "f":
      if (value("fpr", "type") === "noBar") return `\\binom{${tidy(of("num"))}}{${tidy(of("den"))}}`;
      return value("fpr", "type") === "lin" ? `${base(of("num"))}/${base(of("den"))}` : `\\frac{${tidy(of("num"))}}{${tidy(of("den"))}}`;
    case "rad":
      return root(of("e"), isOff("radpr", "deghide") ? "" : of("deg"));
    case "ssub":
    case "ssup":
    case "ssubsup":
      return scripts(of("e"), of("sub"), of("sup"));
    case "spre":
      return `{}_${braced(of("sub"))}^${braced(of("sup"))}${of("e")}`;
    case "nary": {
      const sign = signs(value("narypr", "chr", "∫"));
      return `${scripts(sign, isOff("narypr", "subhide") ? "" : of("sub"), isOff("narypr", "suphide") ? "" : of("sup"))}${of("e")}`;
    }
    case "limlow":
    case "limupp": {
      const isLow = node.localName.endsWith("low");
      const tex = of("e");
      if (LARGE.test(tidy(tex)) || /^\\(?:over|under)brace/.test(tidy(tex))) return `${scriptsOf(tex, of("lim"), !isLow)} `;
      return `\\${isLow ? "under" : "over"}set{${tidy(of("lim"))}}{${tidy(tex)}}`;
    }
    case "func":
      return `${of("fname")} ${of("e")}`;
    case "d": {
      const inside = [...node.children].filter((child) => child.localName === "m:e").map(office);
      return fenced(value("dpr", "begchr", "("), value("dpr", "endchr", ")"), inside.map(tidy).join(signs(value("dpr", "sepchr", "|"))));
    }
    case "m":
      return matrix([...node.children].filter((child) => child.localName === "m:mr").map((line) => [...line.children].filter((child) => child.localName === "m:e").map(office)));
    case "eqarr":
      return matrix([...node.children].filter((child) => child.localName === "m:e").map((line) => [office(line).replaceAll("\\&", "&")]));
    case "acc":
      return over(of("e"), value("accpr", "chr", "̂"), false);
    case "bar":
      return `\\${value("barpr", "pos", "bot") === "top" ? "over" : "under"}line{${tidy(of("e"))}}`;
    case "groupchr":
      return over(of("e"), value("groupchrpr", "chr", "⏟"), value("groupchrpr", "pos", "bot") !== "top");
    case "borderbox":
      return `\\boxed{${tidy(of("e"))}}`;
    case "phant":
      return "";
    default:
      if (node.localName.endsWith("pr") && node.localName.startsWith("m:")) return "";
      return [...node.children].map(office).join("") || (node.children.length ? "" : signs(node.textContent));
  }
}
