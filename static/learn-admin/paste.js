// Pastes into the answer become Markdown with TeX where the clipboard holds formatted text; what they would have been as
// plain text is one button away. Ctrl+Shift+V gives no HTML, so that it stays the browser's own.
const answer = document.getElementById("id_answer");
const around = answer?.closest(".form-row");

if (around && !answer.readOnly) {
  // By the hashed names that the page has for them: a file that imports another does not know them.
  const [{ bodyOf }, { markdownOf }, formulas] = await Promise.all(
    ["admin-paste-document", "admin-paste-markdown", "admin-paste-formulas"].map((id) => import(document.getElementById(id).href)),
  );
  const line = document.createElement("div");
  line.className = "admin-pasted";
  const told = document.createElement("span");
  told.setAttribute("role", "status");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "admin-plain";
  button.textContent = "Paste as text instead";
  button.hidden = true;
  line.append(told, " ", button);
  answer.after(line);
  let pasted = null; // { start, markdown, plain } of the last converted one
  let isTyping = false; // what is put in here is not what an editor types

  // In the phase in which pictures.js, which the page names before this script, hears of pastes, too, on the same
  // element: what it took (a picture with nothing to read beside it) is prevented by then, all the rest is left here.
  around.addEventListener("paste", (event) => {
    if (event.defaultPrevented || event.target !== answer) return;
    show(null);
    const html = event.clipboardData?.getData("text/html");
    if (!html || isInCode()) return;
    const plain = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n");
    let markdown = null;
    try {
      markdown = markdownOf(bodyOf(html), formulas);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      // Chromium reads the field's paste from text/plain alone: it is pasted by the browser itself.
      show(null, plain ? `${error.message}; it was pasted as text.` : `${error.message}.`);
      return;
    }
    if (markdown === null || (!markdown && plain)) return; // no more than the plain text
    event.preventDefault();
    put(markdown, plain, "Pasted as Markdown.");
  }, true);

  // A document that was chosen (documents.js). Its title becomes the question, where there is none yet.
  around.addEventListener("learn:document", ({ detail: { html, name } }) => {
    let body;
    let markdown;
    const question = document.getElementById("id_question");
    let title = "";
    let pictures = 0;
    try {
      body = bodyOf(html);
      const first = body.querySelector("h1");
      if (first && question && !question.readOnly && !question.value.trim()) {
        title = first.textContent.replace(/\s+/g, " ").trim();
        first.remove();
      }
      for (const image of body.querySelectorAll("img")) {
        if (/^https?:/i.test(image.getAttribute("src") ?? "")) continue;
        image.remove();
        pictures += 1;
      }
      markdown = markdownOf(body, formulas) ?? body.textContent.trim();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      show(null, `${name} is too long to be converted, or nested too deeply. Take a part of it.`);
      return;
    }
    if (!markdown && !title) return show(null, `${name} has no text.`);
    const left = pictures === 1 ? " Its picture is not taken along: add it by “Picture”." : ` Its ${pictures} pictures are not taken along: add them by “Picture”.`;
    if (!put(markdown, "", `${name} as Markdown.${pictures ? left : ""}`) || !title) return;
    question.value = title.slice(0, question.maxLength > 0 ? question.maxLength : undefined);
    question.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // Puts Markdown in the place of the selection; false where the answer would be too long, which the field would cut off.
  function put(text, plain, said) {
    const start = answer.selectionStart;
    const markdown = apart(text);
    if (answer.value.length - (answer.selectionEnd - start) + markdown.length > answer.maxLength && answer.maxLength >= 0) {
      show(null, "It is longer than an answer may be. Nothing was pasted.");
      return false;
    }
    type(markdown);
    show({ start, markdown, plain }, said);
    return true;
  }

  answer.addEventListener("input", (event) => {
    if (!isTyping && event.inputType !== "insertFromPaste") show(null);
  });

  button.addEventListener("click", () => {
    const { start, markdown, plain } = pasted;
    answer.setSelectionRange(start, start + markdown.length);
    type(plain);
    show(null, "Pasted as text.");
  });

  // Between fences text is meant as it is.
  function isInCode() {
    const fences = answer.value.slice(0, answer.selectionStart).match(/^ *(?:```|~~~)/gm) ?? [];
    return fences.length % 2 === 1;
  }

  // A heading, list, table, quote, piece of code or formula of its own begins on a line of its own.
  function apart(markdown) {
    const block = /^(?:#{1,6} |[-+*>] |\d+\. |\| |```|\$\$\n|---$)/;
    const before = answer.value.slice(0, answer.selectionStart);
    const after = answer.value.slice(answer.selectionEnd);
    const last = markdown.slice(markdown.lastIndexOf("\n\n") + 1).trimStart();
    const start = !block.test(markdown) || !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
    const end = !(block.test(last) || last.endsWith("\n```")) || !after || after.startsWith("\n") ? "" : "\n\n";
    return start + markdown + end;
  }

  function show(paste, text = "") {
    pasted = paste;
    told.textContent = text;
    button.hidden = !paste?.plain;
  }

  function type(text) {
    isTyping = true;
    answer.focus();
    // Deprecated, but the only way that keeps the browser's undo.
    if (!document.execCommand(text ? "insertText" : "delete", false, text)) {
      answer.setRangeText(text, answer.selectionStart, answer.selectionEnd, "end");
      answer.dispatchEvent(new Event("input", { bubbles: true }));
    }
    isTyping = false;
  }
}
