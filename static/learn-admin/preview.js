// The answer as its page will show it, rendered by the site while the editor writes. It stands in a shadow root with
// the site's own stylesheet, so that neither the desk's styles nor the page's reach into the other.
const form = document.querySelector("[data-admin-form]");
const answer = document.getElementById("id_answer");
const pane = document.querySelector("[data-preview-pane]");
const facts = document.querySelector("[data-preview-facts]");
const findings = document.querySelector("[data-findings]");
const WAIT = 250; // milliseconds without a keystroke

if (form && answer && pane) {
  const root = pane.attachShadow({ mode: "open" });
  const page = document.createElement("div");
  page.className = "answer";
  root.append(page);
  dress(root, form.dataset.stylesheet, form.dataset.pictureStyles);
  let timer = 0;
  let request = null;

  async function show() {
    request?.abort();
    request = new AbortController();
    const value = (name) => document.getElementById(`id_${name}`)?.value ?? "";
    const body = new URLSearchParams({
      answer: answer.value, subject: value("subject"), pk: form.dataset.article, description: value("description"), keywords: value("keywords"),
    });
    const asked = answer.value;
    try {
      const response = await fetch(form.dataset.preview, {
        method: "POST",
        body,
        headers: { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value },
        signal: request.signal,
      });
      if (!response.ok) throw new Error(`status ${response.status}`);
      const rendered = await response.json();
      page.innerHTML = rendered.html; // sanitised by the server, as on the public page
      facts.textContent = `${rendered.words} word${rendered.words === 1 ? "" : "s"}`;
      findings.replaceChildren(
        ...rendered.findings.map(([line, message, repair]) => {
          const item = document.createElement("li");
          if (line) item.append(button(`Line ${line}: ${message}`, () => goTo(line)));
          else item.append(message);
          if (repair && !answer.readOnly) {
            const mending = button(repair[3], () => mend(repair));
            mending.classList.add("admin-mend");
            item.append(" ", mending);
          }
          return item;
        }),
      );
      read = { asked, repairs: answer.readOnly ? [] : rendered.findings.filter(([, , repair]) => repair) };
      document.dispatchEvent(new CustomEvent("learn:rendered", { detail: rendered }));
    } catch (error) {
      if (error.name !== "AbortError") facts.textContent = "The preview cannot be shown now. What you write is safe.";
    }
  }

  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "admin-plain";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  // What the server found, as long as the answer is what it was asked about: positions count from its beginning.
  let read = { asked: null, repairs: [] };

  function mend([start, end, text, label]) {
    if (answer.value !== read.asked) return;
    answer.focus();
    answer.setSelectionRange(start, end);
    // Deprecated, but the only way that keeps the browser's undo.
    if (!document.execCommand("insertText", false, text)) {
      answer.setRangeText(text, start, end, "end");
      answer.dispatchEvent(new Event("input", { bubbles: true }));
    }
    facts.textContent = `Done: ${label}`;
  }

  // Ctrl+. mends what is found in the caret's line, or else the next thing below it.
  answer.addEventListener("keydown", (event) => {
    if (event.key !== "." || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    const line = answer.value.slice(0, answer.selectionStart).split("\n").length;
    const repairs = read.asked === answer.value ? read.repairs : [];
    const found = repairs.find(([at]) => at >= line) ?? repairs[0];
    if (found) mend(found[2]);
    else facts.textContent = "There is nothing here that a key could mend.";
  });

  function goTo(line) {
    const lines = answer.value.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    answer.focus();
    answer.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
    // A text area scrolls to its caret only for a keystroke: estimate where the line stands.
    answer.scrollTop = (answer.scrollHeight * (line - 3)) / Math.max(lines.length, 1);
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(show, WAIT);
  }

  for (const name of ["answer", "description", "keywords"]) document.getElementById(`id_${name}`)?.addEventListener("input", soon);
  answer.addEventListener("scroll", () => {
    const room = answer.scrollHeight - answer.clientHeight;
    if (room > 0) pane.scrollTop = (answer.scrollTop / room) * (pane.scrollHeight - pane.clientHeight);
  });
  show();
  const line = Number(new URLSearchParams(location.search).get("line"));
  if (line > 0) goTo(line);
}

// Puts the site's stylesheet into `root`. Its tokens stand on :root, which is :host in here; a font has to be known to
// the document, because one declared in a shadow root is not.
async function dress(root, href, more) {
  const response = await fetch(href);
  if (!response.ok) return;
  const base = new URL(href, location.href);
  const text = (await response.text())
    .replace(/:root\[[^\]]*\]/g, ":host(.never)") // the desk's own switch decides: it is inherited below
    .replace(/:root/g, ":host")
    .replace(/url\((["']?)(?!data:|#)([^"')]+)\1\)/g, (_, quote, path) => `url("${new URL(path, base)}")`);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  for (const rule of sheet.cssRules) {
    if (rule instanceof CSSFontFaceRule) {
      const style = rule.style;
      const family = style.getPropertyValue("font-family").replaceAll('"', "");
      const descriptors = {};
      if (style.getPropertyValue("unicode-range")) descriptors.unicodeRange = style.getPropertyValue("unicode-range");
      document.fonts.add(new FontFace(family, style.getPropertyValue("src"), descriptors));
    }
  }
  const own = new CSSStyleSheet();
  own.replaceSync(`:host { color-scheme: inherit; font: 1rem / 1.65 var(--sans); color: var(--ink); background: var(--paper); }
    .answer { overflow-wrap: break-word; }
    .answer > :first-child { margin-block-start: 0; }`);
  const pictures = new CSSStyleSheet();
  const found = more ? await fetch(more) : null;
  if (found?.ok) pictures.replaceSync(await found.text());
  root.adoptedStyleSheets = [sheet, pictures, own];
}
