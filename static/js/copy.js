// Copies the address of the page, the answer as Markdown, the code of each block and the TeX of each formula on a line
// of its own; gives what a reader selects of the article as Markdown and MathML, and to who reports a mistake as quote.
// A preview has no address of its own to save, share or report: it only has what is copied of the answer.
const status = document.querySelector("[data-status]");
const article = document.querySelector("article");
const answer = article.querySelector(".answer");
let converter;

function copies(button, write) {
  const label = button.textContent;
  let timer;
  button.addEventListener("click", async () => {
    clearTimeout(timer);
    try {
      await write();
      button.textContent = "Copied";
      status.textContent = "Copied to the clipboard";
    } catch {
      button.textContent = "Not allowed";
      status.textContent = "The browser does not let this page copy";
    }
    timer = setTimeout(() => {
      button.textContent = label;
      status.textContent = "";
    }, 2000);
  });
}

function added(label, name, className, text) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = className;
  button.textContent = label;
  button.setAttribute("aria-label", name);
  copies(button, () => navigator.clipboard.writeText(text()));
  return button;
}

// What the site has at the address of the page with .md: front matter, the question, the answer.
async function markdownOfAnswer() {
  const response = await fetch(`${location.pathname}.md`);
  if (!response.ok) throw new Error(response.statusText);
  const text = (await response.text()).replace(/^---\n[^]*?\n---\n\n# .*\n\n/, "");
  return new Blob([text], { type: "text/plain" });
}

const link = article.querySelector("[data-copy-link]");
const address = () => document.querySelector("link[rel=canonical]")?.href ?? location.href;
if (link && navigator.share) {
  link.textContent = "Share";
  link.addEventListener("click", () => navigator.share({ title: document.title, url: address() }).catch(() => {}));
  link.hidden = false;
}

const saving = article.querySelector("[data-save]");
const meta = (property) => document.querySelector(`meta[property="${property}"]`).content;
function showSaved() {
  let saved = "";
  try {
    saved = localStorage.getItem("saved") ?? "";
    saving.hidden = false;
  } catch {
    // Storage is forbidden: nothing can be saved.
  }
  const isSaved = saved.includes(`"${location.pathname}"`);
  saving.setAttribute("aria-pressed", isSaved);
  saving.textContent = isSaved ? "Saved" : "Save";
  return saved;
}
async function saveOrRemove() {
  const { save, remove } = await import(saving.dataset.save);
  const path = location.pathname;
  if (saving.ariaPressed === "true") await remove(path);
  else {
    const entry = { path, question: meta("og:title"), subject: meta("article:section") };
    const done = save(entry, "offline" in saving.dataset);
    showSaved();
    const isKept = saving.ariaPressed === "true";
    status.textContent = isKept ? "Saved in this browser" : "The browser keeps nothing more: remove something, or allow it";
    try {
      await done;
      if (isKept && "offline" in saving.dataset) status.textContent = "Saved, and ready to be read without a network";
    } catch {
      // Where the list is kept, its page fetches what is missing.
    }
  }
  showSaved();
}
if (saving) {
  saving.addEventListener("click", saveOrRemove);
  if (showSaved().includes('"changed":true')) import(saving.dataset.save).then(({ read }) => read(location.pathname));
}

// Without HTTPS there is no clipboard.
if (navigator.clipboard) {
  if (link?.hidden) copies(link, () => navigator.clipboard.writeText(address()));
  const whole = document.querySelector("[data-copy-answer]");
  // Promised: Safari takes nothing that was not said at the click itself.
  if (whole) copies(whole, () => navigator.clipboard.write([new ClipboardItem({ "text/plain": markdownOfAnswer() })]));
  for (const button of [link, whole]) if (button) button.hidden = false;
  for (const block of answer.querySelectorAll(".code")) {
    const name = `Copy ${block.dataset.language ?? ""} code`.replace("  ", " ");
    block.append(added("Copy", name, "plain", () => block.querySelector("pre").textContent));
  }
  for (const math of answer.querySelectorAll("math[display=block]")) {
    const name = "Copy the formula as TeX";
    const tex = () => math.querySelector("annotation").textContent;
    (math.closest(".math-scroll") ?? math).before(added("TeX", name, "plain tex", tex));
  }
}

// The selection within the article; null where it reaches nothing of it.
function selected() {
  const selection = getSelection();
  if (selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0).cloneRange();
  if (!range.intersectsNode(article)) return null;
  const all = document.createRange();
  all.selectNodeContents(article);
  if (range.compareBoundaryPoints(Range.START_TO_START, all) < 0) range.setStart(all.startContainer, all.startOffset);
  if (range.compareBoundaryPoints(Range.END_TO_END, all) > 0) range.setEnd(all.endContainer, all.endOffset);
  return range.collapsed ? null : range;
}

// The passage that is selected goes along to the form.
const report = document.querySelector("[data-report]");
for (const event of ["pointerdown", "keydown"]) {
  report?.addEventListener(event, () => {
    const range = selected();
    const quote = range ? (converter?.markdownOf(range) ?? String(getSelection())).trim().slice(0, 500) : "";
    report.search = quote && new URLSearchParams({ quote });
  });
}

document.addEventListener("selectionchange", async () => {
  if (!converter && selected()) converter = await import(answer.dataset.converter);
});
document.addEventListener("copy", (event) => {
  const range = !event.target.closest?.("input, textarea") && selected();
  if (!range || (!converter && !navigator.clipboard)) return;
  if (!converter) {
    // Copied before it has arrived: promised, as above.
    const blob = async (type, of) => new Blob([(await import(answer.dataset.converter))[of](range)], { type });
    const promised = { "text/plain": blob("text/plain", "markdownOf"), "text/html": blob("text/html", "htmlOf") };
    navigator.clipboard.write([new ClipboardItem(promised)]).catch(() => {});
    event.preventDefault();
    return;
  }
  event.clipboardData.setData("text/plain", converter.markdownOf(range));
  event.clipboardData.setData("text/html", converter.htmlOf(range));
  event.preventDefault();
});
