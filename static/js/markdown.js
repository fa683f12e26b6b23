// What a reader selected of an answer, as Markdown with the author's TeX, and as HTML with MathML.
// The page is walked as it stands, so that a part of a list keeps its numbers and a part of a table its alignment.
const BLOCK = /^(?:P|H[1-6]|UL|OL|LI|TABLE|BLOCKQUOTE|DIV|SECTION|HR|PRE|ARTICLE|ASIDE|NAV)$/;
const WHOLE = "ul, ol, table, tr, thead, tbody"; // of which a part is shown within the whole
const LEFT = "button, .section, .meta, .tools, .colophon, .on-topics, .contents, .eyebrow, .visually-hidden, [aria-label='Back to the text']"; // is no text
const SEPARATORS = { "align-center": ":-:", "align-right": "--:" };

const isMath = (node) => node.localName === "math";
const isDisplay = (node) => isMath(node) && node.getAttribute("display") === "block";
const isLeft = (node) => node.nodeType === 1 && node.matches(LEFT);
const isBlock = (node) =>
  node.nodeType === 1 && (BLOCK.test(node.tagName) || (isDisplay(node) && node.parentNode.tagName !== "P"));
const indented = (text, width) => text.replace(/\n(?=[^\n])/g, `\n${" ".repeat(width)}`);

/** The TeX of a formula; "" for the further pieces of one that is broken over lines: its first piece has it all. */
export function texOf(math) {
  return math.querySelector("annotation[encoding='application/x-tex']")?.textContent ?? "";
}

/** The range, grown to whole formulas: half of one is none. A further piece stands for its whole formula. */
function whole(range) {
  const grown = range.cloneRange();
  let first = closest(range.startContainer, "math");
  const last = closest(range.endContainer, "math");
  first ??= range.startContainer.childNodes?.[range.startOffset];
  while (first && isMath(first) && !texOf(first) && first.previousSibling && isMath(first.previousSibling)) {
    first = first.previousSibling;
  }
  if (first && isMath(first)) grown.setStartBefore(first);
  if (last) grown.setEndAfter(last);
  return grown;
}

function closest(node, selector) {
  return (node.nodeType === 1 ? node : node.parentElement)?.closest(selector);
}

/** The Markdown of what `selected` holds of a page. */
export function markdownOf(selected) {
  const range = whole(selected);
  let root = range.commonAncestorContainer;
  if (closest(root, "pre")) return range.toString();
  if (root.nodeType === 3) return cut(root, range).trim();
  if (root.matches("tr, thead, tbody")) root = root.closest("table");
  if (isMath(root)) return formula(root);
  const inside = new Markdown(range);
  const isLine = !isBlock(root) || /^(?:P|H[1-6])$/.test(root.tagName);
  return (isLine ? inside.line(root) : inside.block(root)).trim();
}

/** The same as HTML, without our buttons, with the lists and tables around it. */
export function htmlOf(selected) {
  const range = whole(selected);
  const box = document.createElement("div");
  box.append(range.cloneContents());
  let node = range.commonAncestorContainer;
  if (node.nodeType === 3) node = node.parentElement;
  for (; node && !node.matches(".answer, main"); node = node.parentElement) {
    if (!node.matches(`${WHOLE}, pre, code, strong, em, blockquote`)) continue;
    const outer = node.cloneNode();
    outer.append(...box.childNodes);
    box.append(outer);
  }
  for (const left of box.querySelectorAll("button, .section, .on-topics")) left.remove();
  for (const each of box.querySelectorAll("[tabindex], [role='group'], [role='region']")) {
    for (const name of ["tabindex", "role", "aria-label"]) each.removeAttribute(name);
  }
  for (const math of box.querySelectorAll("math")) math.setAttribute("xmlns", "http://www.w3.org/1998/Math/MathML");
  return box.innerHTML;
}

function formula(math) {
  let tex = texOf(math);
  if (!tex) return "";
  // In a list the author's lines stand further in, by what the list adds again.
  const margins = tex.match(/(?<=\n)[ \t]*(?=\S)/g) ?? [];
  if (margins.length) tex = tex.replaceAll(`\n${" ".repeat(Math.min(...margins.map((each) => each.length)))}`, "\n");
  return isDisplay(math) ? `$$\n${tex}\n$$` : `$${tex}$`;
}

function cut(text, range) {
  const start = text === range.startContainer ? range.startOffset : 0;
  const end = text === range.endContainer ? range.endOffset : text.length;
  return text.data.slice(start, end);
}

// Only what would be read as markup where it is none: everything else stays as it was written.
function escaped(text) {
  return text
    .replace(/\\(?=[!-/:-@[-`{-~])/g, "\\\\")
    .replace(/(\*+)(?=\S)([^*\n]*[^*\s])(\*+)/g, (_all, a, b, c) => a.replace(/\*/g, "\\*") + b + c.replace(/\*/g, "\\*"))
    .replace(/(?<!\w)_(?=\S)([^_\n]*\S)_(?!\w)/g, "\\_$1\\_")
    .replace(/`/g, "\\`")
    .replace(/\[([^\][\n]*)\](?=[(:[])/g, "\\[$1\\]");
}

// A bar would end the cell, but in a formula whose \| is its own.
const piped = (text) => text.replace(/\$[^$\n]*\$|\|/g, (found) => (found === "|" ? "\\|" : found.replace(/(?<!\\)\|/g, "\\vert ")));

class Markdown {
  constructor(range) {
    this.range = range;
  }

  has(node) {
    if (!this.range.intersectsNode(node)) return false;
    // A boundary at the edge of a node touches it and holds nothing of it.
    return node.nodeType !== 3 || cut(node, this.range) !== "";
  }

  parts(node) {
    return [...node.childNodes].filter((child) => child.nodeType !== 8 && !isLeft(child) && this.has(child));
  }

  /** The blocks in `node`, with an empty line between them; in an item of a tight list (`gap`) with none. */
  of(node, gap = "\n\n", gapBeforeList = gap) {
    let written = "";
    let line = [];
    const add = (text, isList = false) => {
      if (text) written += (written && (isList ? gapBeforeList : gap)) + text;
    };
    const end = () => {
      add(this.safe(line.map((part) => this.inline(part)).join("").trim()));
      line = [];
    };
    for (const part of this.parts(node)) {
      if (!isBlock(part)) {
        line.push(part);
        continue;
      }
      end();
      add(this.block(part), /^[UO]L$/.test(part.tagName));
    }
    end();
    return written;
  }

  safe(text) {
    return text.replace(/^(?=#{1,6} |[-+*>] |---)/gm, "\\").replace(/^(\d+)([.)] )/gm, "$1\\$2");
  }

  block(node) {
    const tag = node.tagName;
    if (isMath(node)) return formula(node);
    if (tag === "P") return this.safe(this.line(node).trim());
    if (/^H[1-6]$/.test(tag)) {
      const text = this.line(node).trim();
      return text && `${"#".repeat(tag[1])} ${text}`;
    }
    if (tag === "HR") return "---";
    if (tag === "TABLE") return this.table(node);
    if (tag === "BLOCKQUOTE") return this.of(node).replace(/^(?=.)/gm, "> ").replace(/^$/gm, ">");
    if (tag === "UL" || tag === "OL") return node.closest(".notes") ? this.notes(node) : this.list(node);
    if (node.matches(".code")) return this.code(node);
    return this.of(node);
  }


  line(node) {
    return this.parts(node).map((part) => this.inline(part)).join("");
  }

  inline(node) {
    if (node.nodeType === 3) return escaped(cut(node, this.range));
    if (isMath(node)) return formula(node);
    const around = (mark) => {
      const [, before, text, after] = this.line(node).match(/^(\s*)([^]*?)(\s*)$/);
      return text ? `${before}${mark}${text}${mark}${after}` : before;
    };
    switch (node.tagName) {
      case "STRONG":
        return around("**");
      case "EM":
        return around("*");
      case "DEL":
        return around("~~");
      case "BR":
        return "  ";
      case "CODE":
        return node.matches(".math-source") ? this.source(node) : this.inCode(node);
      case "A": {
        const text = this.line(node);
        return text && `[${text}](${node.getAttribute("href").replace(/[ ()]/g, encodeURIComponent)})`;
      }
      case "SUP":
        return node.matches(".note") ? `[^${node.textContent.trim()}]` : this.line(node);
      default:
        if (node.matches(".task")) return node.textContent === "☐" ? "[ ]" : "[x]";
        return this.line(node);
    }
  }

  raw(node) {
    return this.parts(node).map((part) => (part.nodeType === 3 ? cut(part, this.range) : this.raw(part))).join("");
  }

  source(node) {
    const alone = node.parentNode.tagName === "P" && node.parentNode.childNodes.length === 1;
    return alone ? `$$\n${this.raw(node)}\n$$` : `$${this.raw(node)}$`;
  }

  inCode(node) {
    const text = this.raw(node);
    const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
    const fence = "`".repeat(longest + 1);
    const pad = /^`|`$/.test(text) ? " " : "";
    return text && `${fence}${pad}${text}${pad}${fence}`;
  }

  code(node) {
    const pre = node.querySelector("pre");
    const text = this.raw(pre).replace(/\n$/, "");
    const longest = Math.max(2, ...(text.match(/^`{3,}/gm) ?? []).map((run) => run.length));
    const fence = "`".repeat(longest + 1);
    const language = pre.querySelector("code").className.match(/language-(\S+)/)?.[1] ?? "";
    return text && `${fence}${language}\n${text}\n${fence}`;
  }

  list(node) {
    const items = [...node.children].filter((item) => item.tagName === "LI");
    const first = Number(node.getAttribute("start") ?? 1);
    const isLoose = items.some((item) => [...item.children].some((child) => child.tagName === "P"));
    const written = [];
    items.forEach((item, index) => {
      if (!this.has(item)) return;
      // Between several items of a loose list stands an empty line: none is needed within them.
      const text = this.of(item, isLoose ? "\n\n" : "\n", isLoose && items.length === 1 ? "\n\n" : "\n");
      const mark = node.tagName === "OL" ? `${first + index}. ` : "- ";
      if (text) written.push(mark + indented(text, mark.length));
    });
    return written.join(isLoose ? "\n\n" : "\n");
  }

  notes(node) {
    return [...node.children]
      .filter((item) => this.has(item))
      .map((item) => `[^${item.id.match(/\d+$/)?.[0]}]: ${indented(this.of(item), 4)}`)
      .join("\n\n");
  }

  table(node) {
    const written = [];
    for (const row of node.rows) {
      if (!this.has(row)) continue;
      const cells = [...row.cells].map((cell) => (this.has(cell) ? piped(this.line(cell).trim()) : ""));
      if (!cells.some(Boolean)) continue;
      written.push(`| ${cells.join(" | ")} |`);
      if (row.parentNode.tagName !== "THEAD") continue;
      const separators = [...row.cells].map((cell) => SEPARATORS[cell.className] ?? "---");
      written.push(`| ${separators.join(" | ")} |`);
    }
    return written.join("\n");
  }
}
