// What is pasted into the answer from Word, Google Docs, LibreOffice, Notion, a page or a chat, as Markdown with TeX.
// Only what the walk knows comes out of it.
const MAX_CELLS = 100_000; // of a table: each takes a character at least, and no answer has more
const MAX_SPAN = 30; // columns or rows of one cell

const BLOCK = new Set("address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul".split(" "));
const DISPLAY = ".katex-display, mjx-container[display='true'], .MathJax_Display, math[display='block'], m\\:omathpara, .math-block[data-math], script[type*='mode=display']";
const FORMULA = `.katex, mjx-container, .MathJax, math, m\\:omath, [data-math], script[type^='math/tex'], ${DISPLAY}`;
const LEFT = "script, xmp, head, title, template, noscript, iframe, object, embed, applet, svg, canvas, audio, video, button, select, textarea, link, meta, base, w\\:sdtpr, .MathJax_Preview, .katex-html";
const BLOCKS = `${[...BLOCK].join(", ")}, ${DISPLAY}`;

/**
 * The Markdown of the body of a document of paste-document.js; null where it is plain text in a wrapper.
 * `formulas` are the functions of paste-formulas.js. Throws a RangeError for a table that is too large.
 */
export function markdownOf(body, formulas) {
  if (isFromEditor(body)) return null;
  const writer = new Writer(formulas);
  const markdown = writer.of(body, {}).replace(/\n{3,}/g, "\n\n").trim();
  return writer.isFormatted ? markdown : null;
}

const css = (node, name) =>
  node.getAttribute("data-style")?.match(new RegExp(`(?:^|[;\\s])${name}\\s*:\\s*([^;]+)`, "i"))?.[1].trim().toLowerCase() ?? "";
const isHidden = (node) => /^none/.test(css(node, "display")) || /^all/.test(css(node, "mso-hide"));
const isMono = (font) => /^["']?(?:courier|consolas|menlo|monaco|monospace|roboto mono|source code|cascadia|jetbrains mono|sfmono|fira code|liberation mono|ui-monospace)/.test(font);

// Whether an editor of code made it: its colours are none of the text, which may be Markdown itself.
function isFromEditor(body) {
  if (body.children.length !== 1 && !body.querySelector(":scope > div + br")) return false;
  const only = body.firstElementChild;
  return isMono(css(only, "font-family")) && (/^pre/.test(css(only, "white-space")) || only.matches("pre")) && !only.querySelector("code");
}

// --- Blocks -------------------------------------------------------------------------------------------------------

class Writer {
  isFormatted = false;

  constructor(formulas) {
    this.formulas = formulas;
  }

  marked(text) {
    this.isFormatted = true;
    return text;
  }

  of(node, marks, gap = "\n\n", gapBeforeList = gap) {
    let written = "";
    let runs = [];
    const add = (text, isList) => {
      if (text) written += (written && (isList ? gapBeforeList : gap)) + text;
    };
    const end = () => {
      add(safe(this.line(runs)));
      runs = [];
    };
    const children = [...node.childNodes];
    for (let index = 0; index < children.length; index += 1) {
      const child = children[index];
      if (!this.isBlock(child)) {
        this.inline(child, marks, runs);
        continue;
      }
      end();
      if (wordLevel(child)) {
        const items = [];
        for (; index < children.length; index += 1) {
          if (wordLevel(children[index])) items.push(children[index]);
          else if (children[index].nodeType === 1 || children[index].data?.trim() && children[index].nodeType === 3) break;
        }
        index -= 1;
        add(this.wordList(items, marks), true);
      } else add(this.block(child, marksOf(child, marks)), child.matches("ul, ol"));
    }
    end();
    return written;
  }

  isBlock(node) {
    if (node.nodeType !== 1) return false;
    if (node.matches(FORMULA)) return node.matches(DISPLAY);
    return !node.matches(LEFT) && (BLOCK.has(node.localName) || node.querySelector(BLOCKS) !== null);
  }

  block(node, marks) {
    const name = node.localName;
    if (node.matches(DISPLAY)) {
      const tex = this.formulas.texOf(node);
      return tex && this.marked(`$$\n${tex}\n$$`);
    }
    if (isHidden(node) && !node.querySelector(FORMULA)) return "";
    if (/^h[1-6]$/.test(name) || node.matches(".MsoTitle")) {
      const text = this.text(node, { ...marks, bold: false, inHeading: true }).replace(/\s*\n\s*/g, " ");
      return text && this.marked(`${"#".repeat(name === "p" ? 1 : name[1])} ${text}`);
    }
    if (name === "hr") return this.marked("---");
    if (name === "pre") return this.code(node);
    if (name === "table") return this.table(node, marks);
    if (name === "blockquote" || node.matches(".MsoQuote, .MsoIntenseQuote")) {
      const text = this.of(node, { ...marks, italic: name === "blockquote" && marks.italic });
      return text && this.marked(text.replace(/^(?=.)/gm, "> ").replace(/^$/gm, ">"));
    }
    if (name === "ul" || name === "ol") return this.list(node, marks);
    return this.of(node, marks);
  }

  text(node, marks) {
    const runs = [];
    for (const child of node.childNodes) this.inline(child, marks, runs);
    return this.line(runs);
  }

  list(node, marks) {
    const items = []; // Google Docs puts a list that belongs to an item behind it
    let at = Number.parseInt(node.getAttribute("start") ?? "1", 10) || 1;
    if (at < 0 || at > 99_999_999) at = 1;
    for (const child of node.children) {
      const isList = child.matches("ul, ol");
      const text = isList ? this.list(child, marks) : this.of(child, marksOf(child, marks), "\n\n", "\n");
      if (!text && !child.querySelector("input")) continue;
      const box = isList ? null : taskOf(child);
      const mark = node.localName === "ol" ? `${at}. ` : "- ";
      if (isList && items.length) items[items.length - 1].text += `\n${text}`;
      else {
        items.push({ mark, text: box === null ? text : `[${box ? "x" : " "}] ${text}` });
        at += 1;
      }
    }
    if (!items.length) return "";
    const isLoose = items.some(({ text }) => text.includes("\n\n"));
    return this.marked(items.map(({ mark, text }) => mark + indented(text, mark.length)).join(isLoose ? "\n\n" : "\n"));
  }

  wordList(items, marks) {
    const widths = [0];
    const counts = [];
    const kinds = [];
    const written = [];
    for (const item of items) {
      const level = Math.min(wordLevel(item), widths.length); // none is skipped
      const bullet = item.querySelector("[data-style*='mso-list:Ignore' i]")?.textContent.trim() ?? "";
      const number = bullet.match(/^\(?(\d+|[a-z]{1,4})[.)]$/i)?.[1];
      counts.length = kinds.length = level;
      if (kinds[level - 1] !== Boolean(number)) delete counts[level - 1]; // another list
      kinds[level - 1] = Boolean(number);
      counts[level - 1] = (counts[level - 1] ?? (/^\d{1,8}$/.test(number) ? Number(number) - 1 : 0)) + 1;
      const mark = number ? `${counts[level - 1]}. ` : "- ";
      widths.length = level;
      widths[level] = widths[level - 1] + mark.length;
      const text = this.text(item, marksOf(item, marks));
      if (text) written.push(" ".repeat(widths[level - 1]) + mark + indented(safe(text), widths[level]));
    }
    return this.marked(written.join("\n"));
  }

  table(node, marks) {
    const rows = [...node.querySelectorAll("tr")].filter((row) => row.closest("table") === node);
    if (!rows.length) return this.of(node, marks);
    if (rows.length === 1 && rows[0].cells.length === 1) return this.of(rows[0].cells[0], marks); // a frame
    const grid = [];
    const below = []; // by column: for how many rows a cell above reaches down
    let width = 0;
    for (const row of rows) {
      const cells = [];
      const skip = () => {
        for (; below[cells.length] > 0; cells.push("")) below[cells.length] -= 1;
      };
      for (const cell of row.cells) {
        skip();
        const across = span(cell, "colspan");
        const text = this.of(cell, marksOf(cell, { ...marks, inHeading: cell.localName === "th" || !grid.length }), " ");
        const down = span(cell, "rowspan") - 1;
        for (let i = 0; i < across; i += 1) {
          if (down) below[cells.length] = down;
          cells.push(i ? "" : text.replace(/\s*\n\s*/g, " ").replace(/(?<!\\)\|/g, "\\|"));
        }
      }
      skip();
      width = Math.max(width, cells.length);
      if (cells.some(Boolean)) grid.push(cells);
    }
    if (!grid.length) return "";
    if (grid.length * width > MAX_CELLS) throw new RangeError("The table that you pasted is too large to be converted");
    const lines = grid.map((cells) => `| ${Array.from({ length: width }, (_, i) => cells[i] ?? "").join(" | ")} |`);
    lines.splice(1, 0, `|${" --- |".repeat(width)}`);
    return this.marked(lines.join("\n"));
  }

  code(node) {
    const inner = node.querySelector("code") ?? node;
    const text = raw(inner).trimEnd().replace(/^\n+/, "").replaceAll("\u00a0", " ");
    const places = [inner, node, node.parentElement, node.parentElement?.parentElement].filter(Boolean);
    const language = places
      .map((one) => one.getAttribute("data-language") ?? one.className.match(/(?:^|\s)(?:lang(?:uage)?-|highlight-(?:source|text)-|brush:\s*)([\w+#.-]+)/)?.[1])
      .find(Boolean);
    const longest = Math.max(2, ...(text.match(/^`{3,}/gm) ?? []).map((run) => run.length));
    const fence = "`".repeat(longest + 1);
    return text && this.marked(`${fence}${/^[\w+#.-]+$/.test(language ?? "") ? language.toLowerCase() : ""}\n${text}\n${fence}`);
  }

  // --- Lines ------------------------------------------------------------------------------------------------------

  inline(node, marks, runs) {
    if (node.nodeType === 3) {
      if (node.data) runs.push({ ...marks, text: node.data.replace(/[\s\u00a0]+/g, " ") });
      return;
    }
    if (node.nodeType !== 1) return;
    if (node.matches(FORMULA)) {
      const tex = this.formulas.texOf(node);
      if (tex) runs.push({ ...marks, code: false, text: this.marked(`$${tex}$`), isRaw: true });
      else if (!node.matches(".MathJax, script")) runs.push({ ...marks, text: node.textContent.replace(/\s+/g, " ") });
      return;
    }
    if (node.matches(LEFT) || /mso-list:\s*ignore/i.test(node.getAttribute("data-style") ?? "")) return;
    if (isHidden(node) && !node.querySelector(FORMULA)) return;
    const name = node.localName;
    if (name === "br") runs.push({ ...marks, text: "  \n", isRaw: true });
    else if (name === "img") this.image(node, marks, runs);
    else if (name === "sup" || name === "sub") runs.push({ ...marks, text: script(node.textContent.trim(), name), isRaw: marks.code });
    else {
      const inside = marksOf(node, marks);
      if (name === "pre") inside.code = true;
      for (const child of node.childNodes) this.inline(child, inside, runs);
      if (BLOCK.has(name)) runs.push({ ...marks, text: " " });
    }
  }

  image(node, marks, runs) {
    const alt = (node.getAttribute("alt") ?? "").trim();
    const src = addressOf(node.getAttribute("data-src") ?? "");
    if (/mwe-math|\blatex\b/.test(node.className)) {
      if (!node.parentElement.querySelector("math") && alt) runs.push({ ...marks, text: this.marked(`$${this.formulas.bare(alt)}$`), isRaw: true });
    } else if (alt) runs.push({ ...marks, text: alt, href: marks.href || (/^https?:/i.test(src) ? src : "") });
  }

  line(runs) {
    const kept = [];
    for (const run of runs) {
      const last = kept.at(-1);
      if (!run.isRaw && last && /\s$/.test(last.text)) run.text = run.text.trimStart();
      if (run.text === "  \n" && last && !last.isRaw) last.text = last.text.trimEnd();
      if (run.text) kept.push(run);
    }
    kept.forEach((run, index) => {
      const [before, after] = [kept[index - 1], kept[index + 1]];
      if (run.text.trim() || !before || !after) return; // what is between two words of one kind is of that kind
      for (const mark of ["href", "bold", "strike", "italic"]) run[mark] = before[mark] === after[mark] ? before[mark] : false;
      run.code = before.code && after.code;
    });
    return this.joined(kept, 0).trim();
  }

  joined(runs, level) {
    const mark = ["href", "bold", "strike", "italic", "code"][level];
    if (!mark) return escaped(runs);
    let written = "";
    for (let from = 0, to; from < runs.length; from = to) {
      for (to = from + 1; to < runs.length && (runs[to][mark] || "") === (runs[from][mark] || ""); to += 1);
      const group = runs.slice(from, to);
      const value = runs[from][mark];
      const sign = { bold: "**", strike: "~~", italic: "*" }[mark];
      if (mark === "code" && value) {
        written += inCode(group.map(({ text }) => text).join(""), () => this.marked(""));
        continue;
      }
      const [before, text, after] = edges(this.joined(group, level + 1));
      if (!value || !text) written += before + text + after;
      else if (mark === "href") written += this.marked(`${before}[${text}](${value})${after}`);
      else written += this.marked(before + sign + text + sign + after);
    }
    return written;
  }
}

// A mark stands at a word: the spaces at the edges of what it marks belong outside. No pattern: it would be quadratic.
const edges = (text) => [text.slice(0, text.length - text.trimStart().length), text.trim(), text.trim() && text.slice(text.trimEnd().length)];
const indented = (text, width) => text.replace(/\n(?=[^\n])/g, `\n${" ".repeat(width)}`);
const safe = (text) => text.replace(/^(?=#{1,6} |[-+*>] |---|===)/gm, "\\").replace(/^(\d+)([.)] )/gm, "$1\\$2");
const span = (cell, name) => Math.min(MAX_SPAN, Math.max(1, Number.parseInt(cell.getAttribute(name) ?? "1", 10) || 1));
const wordLevel = (node) =>
  node.nodeType === 1 && BLOCK.has(node.localName) ? Math.min(9, Number(css(node, "mso-list").match(/\blevel(\d)/)?.[1] ?? 0)) : 0;

function taskOf(item) {
  const box = item.querySelector(":scope > input[type=checkbox], :scope > label > input[type=checkbox], :scope > p > input[type=checkbox], :scope > .checkbox");
  return box ? box.hasAttribute("checked") || box.matches(".checkbox-on") : null;
}

function marksOf(node, marks) {
  const name = node.localName;
  const made = { ...marks };
  const weight = css(node, "font-weight");
  if (name === "b" || name === "strong") made.bold = true;
  if (weight) made.bold = /^bold/.test(weight) || Number.parseInt(weight, 10) >= 600;
  if (name === "i" || name === "em") made.italic = true;
  if (css(node, "font-style")) made.italic = /^(?:italic|oblique)/.test(css(node, "font-style"));
  if (/^(?:s|del|strike)$/.test(name) || /line-through/.test(css(node, "text-decoration") + css(node, "text-decoration-line"))) made.strike = true;
  if (/^(?:code|kbd|samp|tt)$/.test(name) || (name === "span" && isMono(css(node, "font-family")))) made.code = true;
  if (name === "a") made.href = addressOf(node.getAttribute("href") ?? "") || marks.href;
  if (marks.inHeading) made.bold = false;
  return made;
}

// http, https, mailto and paths of this site; anything else is no link.
function addressOf(text) {
  const address = text.replace(/[\u0000-\u001f]/g, "").trim();
  if (!/^(?:https?:\/\/[^\s/]|mailto:[^\s]|\/(?![/\\]))/i.test(address)) return "";
  return address.replace(/[\s()<>\\"`|*]/g, (sign) => (/[()*]/.test(sign) ? `%${sign.charCodeAt(0).toString(16)}` : encodeURIComponent(sign)));
}

function raw(node) {
  if (node.nodeType === 3) return node.data;
  if (node.nodeType !== 1 || node.matches(LEFT)) return "";
  if (node.localName === "br") return "\n";
  const text = [...node.childNodes].map(raw).join("");
  return /^(?:div|p|li|tr)$/.test(node.localName) && node.nextSibling && !text.endsWith("\n") ? `${text}\n` : text;
}

function inCode(text, tell) {
  const [before, inner, after] = edges(text);
  if (!inner) return text;
  tell();
  const fence = "`".repeat(Math.max(0, ...(inner.match(/`+/g) ?? []).map((run) => run.length)) + 1);
  const pad = /^`|`$/.test(inner) ? " " : "";
  return before + fence + pad + inner.replace(/\s*\n/g, " ") + pad + fence + after;
}

// What would be read as a mark and is none, as static/js/markdown.js does, and tags and entities that are text.
function escaped(runs) {
  const whole = []; // a mark may begin in one piece of text and end in the next
  for (const { text, isRaw } of runs) {
    if (whole.length && !isRaw && !whole.at(-1).isRaw) whole.at(-1).text += text;
    else whole.push({ text, isRaw });
  }
  return whole
    .map(({ text, isRaw }) => isRaw ? text : text
      .replace(/\\(?=[!-/:-@[-`{-~])/g, "\\\\")
      .replace(/(?<!\*)(\*+)(?=[^*\s])([^*\n]*[^*\s])(\*+)/g, (_all, a, b, c) => a.replace(/\*/g, "\\*") + b + c.replace(/\*/g, "\\*"))
      .replace(/(?<!\w)_(?=\S)([^_\n]*\S)_(?!\w)/g, "\\_$1\\_")
      .replace(/`/g, "\\`")
      .replace(/~~/g, "\\~~")
      .replace(/<(?=[a-z/!?])/gi, "\\<")
      .replace(/&(?=#?\w+;)/g, "\\&")
      .replace(/\[([^\][\n]*)\](?=[(:[])/g, "\\[$1\\]"))
    .join("");
}

const SMALL = { sup: ["0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ"], sub: ["0123456789+-−=()aeox", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₒₓ"] };

function script(text, kind) {
  const [from, to] = SMALL[kind].map((signs) => [...signs]);
  const signs = [...text].map((sign) => to[from.indexOf(sign)]);
  return signs.every(Boolean) ? signs.join("") : (kind === "sup" ? "^" : "_") + (text.length > 1 ? `(${text})` : text);
}
