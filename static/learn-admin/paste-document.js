// The HTML of a clipboard as a document that asks for nothing and runs nothing.
const MAX_CHARACTERS = 2_000_000; // a chapter of Word, which takes a second
const MAX_DEPTH = 150; // of elements in one another: web pages have 40
// All others are left out before parsing: the parser checks styles and handlers against the page's policy, though
// nothing of them is ever shown or run, and would fill the console.
const ATTRIBUTES = /^(?:href|src|alt|class|start|type|checked|colspan|rowspan|encoding|display|accent|open|close|mathvariant|linethickness|notation|style|data-(?:math|mathml|language|checked)|m:val)$/;
const TAG = /<([a-z][^\s/>]*)/gi;
const ATTRIBUTE = /[\s/]*([^\s/>=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>"'][^\s>]*)?)?/y;
const CLOSED = /\s*\/\s*>/y;

/** The body of the parsed HTML. Throws a RangeError with the beginning of a sentence where it is past the limits. */
export function bodyOf(html) {
  if (html.length > MAX_CHARACTERS) throw new RangeError("What you pasted is too long to be converted");
  const { body } = parsed(html);
  checkDepth(body);
  for (const left of body.querySelectorAll("xmp, template, noscript, iframe")) left.remove(); // in formulas, too
  for (const node of body.querySelectorAll(".math")) note(node);
  // LibreOffice begins a deep list by lists in lists, without an item of the ones around it.
  for (const list of body.querySelectorAll("ol, ul")) {
    if (list.children.length && [...list.children].every((child) => child.matches("ol, ul"))) list.replaceWith(...list.children);
  }
  return body;
}

// Pandoc and Sphinx leave TeX in its delimiters for MathJax, which never ran: https://pandoc.org/MANUAL.html#option--mathjax
function note(node) {
  const [, sign] = (!node.children.length && /^\s*\\([([])[^]*\\[)\]]\s*$/.exec(node.textContent)) || [];
  if (!sign) return;
  node.setAttribute("data-math", node.textContent);
  if (sign === "[") node.classList.add("math-block");
}

function parsed(html) {
  // Word hides its formulas in comments, beside a picture for programs that do not know them.
  let text = without(html, /<!--\[if gte msEquation[^\]>]*\]>/gi, "<![endif]-->", true);
  text = without(text, /<!\[if !msEquation\]>/gi, "<![endif]>", false);
  text = text.replace(/<(\/?)style(?=[\s/>])/gi, "<$1xmp").replace(/<(\/?)mml:/gi, "<$1");
  return new DOMParser().parseFromString(filtered(text), "text/html");
}

function without(html, start, end, isKept) {
  let made = "";
  let at = 0;
  for (let found; (found = start.exec(html)); ) {
    const stop = html.indexOf(end, start.lastIndex);
    if (stop < 0) break;
    made += html.slice(at, found.index) + (isKept ? html.slice(start.lastIndex, stop) : "");
    at = start.lastIndex = stop + end.length;
  }
  return made + html.slice(at);
}

function filtered(html) {
  let made = "";
  let at = 0;
  TAG.lastIndex = 0;
  for (let tag; (tag = TAG.exec(html)); ) {
    made += html.slice(at, TAG.lastIndex);
    at = TAG.lastIndex;
    for (let found; ; at = ATTRIBUTE.lastIndex) {
      ATTRIBUTE.lastIndex = at;
      found = ATTRIBUTE.exec(html);
      if (!found) break;
      const name = found[1].toLowerCase();
      if (!ATTRIBUTES.test(name) || (name === "href" && !/^a$/i.test(tag[1]))) continue; // a base is checked as well
      made += ` ${name === "style" || name === "src" ? `data-${name}` : name}=${found[2] || '""'}`;
    }
    CLOSED.lastIndex = at;
    if (tag[1].includes(":") && CLOSED.test(html)) {
      made += `></${tag[1]}>`; // HTML knows no element that closes itself but its own
      at = CLOSED.lastIndex;
    } else if (html[at] !== ">") made += " ";
    TAG.lastIndex = at;
  }
  return made + html.slice(at);
}

function checkDepth(body) {
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_ELEMENT);
  let depth = 0;
  while (walker.currentNode) {
    if (depth > MAX_DEPTH) throw new RangeError("What you pasted is nested too deeply to be converted");
    if (walker.firstChild()) depth += 1;
    else {
      while (!walker.nextSibling()) {
        if (!walker.parentNode()) return;
        depth -= 1;
      }
    }
  }
}
