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
    const body = new URLSearchParams({ answer: answer.value, subject: document.getElementById("id_subject")?.value ?? "" });
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
        ...rendered.findings.map(([line, message]) => {
          const item = document.createElement("li");
          const button = document.createElement("button");
          button.type = "button";
          button.className = "admin-plain";
          button.textContent = `Line ${line}: ${message}`;
          button.addEventListener("click", () => goTo(line));
          item.append(button);
          return item;
        }),
      );
      document.dispatchEvent(new CustomEvent("learn:rendered", { detail: rendered }));
    } catch (error) {
      if (error.name !== "AbortError") facts.textContent = "The preview cannot be shown now. What you write is safe.";
    }
  }

  function goTo(line) {
    const lines = answer.value.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    answer.focus();
    answer.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
    // A text area scrolls to its caret only for a keystroke: estimate where the line stands.
    answer.scrollTop = (answer.scrollHeight * (line - 3)) / Math.max(lines.length, 1);
  }

  answer.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, WAIT);
  });
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
