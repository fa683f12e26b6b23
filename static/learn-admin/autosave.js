// What is typed goes to the server every few seconds, into the working copy of the article, or of a new one: whoever
// opens it, in another tab or browser, sees it. keep.js holds it in this browser until the server has said that it has
// it. Sent are the fields that changed, each with what this page saw before, so that the server puts two people's
// changes together; a field that clashes is left to the next save by hand.
const box = document.querySelector("[data-admin-form]");
const form = box?.closest("form");
const told = document.querySelector("[data-kept]");
const WAIT = 2000; // milliseconds without a keystroke
const MOST = 10_000; // milliseconds of typing until it is sent anyway
const AGAIN = 15_000; // milliseconds until what failed is tried again
const PATIENCE = 5000; // milliseconds that a save by hand waits for what is on its way
const MOST_CELLS = 4_000_000; // lines before times lines after: texts beyond it are replaced whole

if (form && told) {
  const fields = [...form.elements].filter(
    (field) =>
      field.name &&
      !field.name.startsWith("_") &&
      !["csrfmiddlewaretoken", "draft_key", "seen_version", "seen_copy", "seen_values", "goes_live_at"].includes(field.name) &&
      !["file", "submit", "button"].includes(field.type),
  );
  const valueOf = (field) => (field.type === "checkbox" ? (field.checked ? "on" : "") : field.value);
  const seen = form.elements.seen_copy;
  // A form that was refused holds what was posted; what the server has comes beside it.
  const held = JSON.parse(document.getElementById("admin-held")?.textContent ?? "null");
  const known = new Map(fields.map((field) => [field.name, held?.[field.name] ?? valueOf(field)])); // what the server has
  let typing = 0; // when the first keystroke came that was not sent yet
  let timer = 0;
  let sending = null; // what is on its way; settles when it is answered, or was given up
  let leaving = false;
  let isReady = false; // to be saved by hand: nothing is on its way any more
  let isLoggedOut = false;
  let savedAt = ""; // where a new article is edited that was saved elsewhere meanwhile
  let isDiscarded = false; // somebody discarded the draft: what is typed waits for a save by hand
  let clashing = []; // until that save

  const changes = () =>
    Object.fromEntries(
      fields
        .filter((field) => valueOf(field) !== known.get(field.name) && !clashing.includes(field.name))
        .map((field) => [field.name, [known.get(field.name), valueOf(field)]]),
    );
  const isToSend = () => !isDiscarded && Object.keys(changes()).length > 0;
  // A new article whose draft the server has may be open elsewhere, too, and be saved there.
  const isShared = () => !box.dataset.article && Boolean(seen?.value);

  function say(text, isBad = false) {
    told.textContent = text;
    told.classList.toggle("admin-bad", isBad);
  }

  // Which draft this form began with, and what that said: a save by hand is put together with what became of it since.
  function remember(stamp) {
    if (!seen) return;
    seen.value = stamp;
    form.elements.seen_values.value = JSON.stringify(Object.fromEntries(known));
  }

  function posted(changed) {
    return new URLSearchParams({
      article: box.dataset.article,
      key: box.dataset.draft,
      number: seen?.value ?? "",
      changes: JSON.stringify(changed),
      csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value,
      _time_zone: form.elements._time_zone.value,
    });
  }

  function send() {
    clearTimeout(timer);
    if (sending || leaving || !isToSend()) return;
    deliver();
  }

  function deliver() {
    const cancel = new AbortController();
    typing = 0;
    sending = exchange(changes(), cancel.signal).finally(() => (sending = null));
    sending.cancel = () => cancel.abort();
    return sending;
  }

  async function exchange(changed, signal) {
    try {
      const response = await fetch(box.dataset.keep, { method: "POST", body: posted(changed), signal });
      const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
      if (response.redirected || (response.status === 403 && !isJson)) ask();
      else if (!response.ok) throw new Error(isJson ? (await response.json()).error : `status ${response.status}`);
      else take(await response.json(), changed);
    } catch (error) {
      if (error.name === "AbortError") return;
      const why = error instanceof TypeError ? "the site cannot be reached" : error.message;
      say(`Not saved on the server: ${why}. This browser keeps what you typed.`, true);
      timer = setTimeout(send, AGAIN);
    }
  }

  function take(answer, changed) {
    isLoggedOut = false;
    isDiscarded = Boolean(answer.discarded);
    if (isDiscarded) fields.forEach(({ name }) => known.set(name, answer.values[name] ?? ""));
    else putTogether(answer, changed);
    if (!clashing.length) remember(answer.number);
    if (answer.article) {
      savedAt = answer.article.url;
      box.dataset.article = answer.article.pk;
    } else if (!box.dataset.article && answer.number) {
      const address = new URL(location.href);
      address.searchParams.set("draft", box.dataset.draft);
      history.replaceState(null, "", address); // loaded again, the page goes on with it
    }
    tellOf(answer);
    document.dispatchEvent(new CustomEvent("learn:kept", { detail: { values: Object.fromEntries(known), article: answer.article?.pk } }));
    if (isToSend()) later();
  }

  function putTogether(answer, changed) {
    clashing = [...new Set([...clashing, ...answer.clashes])];
    for (const field of fields) {
      const [, sent] = changed[field.name] ?? [null, known.get(field.name)];
      if (clashing.includes(field.name)) continue;
      const theirs = answer.values?.[field.name] ?? sent;
      if (valueOf(field) === sent) {
        if (theirs !== sent) put(field, theirs); // somebody else changed it, too
        known.set(field.name, valueOf(field)); // as the field writes it: a moment without its seconds
      } else known.set(field.name, sent); // typed on since: both are put together with the next
    }
  }

  const timeOf = (moment, options) => new Date(moment).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", ...options });

  function tellOf(answer) {
    if (answer.discarded) {
      const { by, at } = answer.discarded;
      say(`${by} discarded this draft at ${timeOf(at)}. What you wrote stands here and in this browser, and not on the server: save it to bring it back.`, true);
    } else if (clashing.length) say("Somebody changed the same lines. Yours are in this browser: save, and both are put together.", true);
    else if (savedAt) {
      say("This question was saved as an article meanwhile. What you type here is kept in its draft: ");
      told.append(Object.assign(document.createElement("a"), { href: savedAt, textContent: "go on there" }));
    } else say(`Draft saved at ${timeOf(answer.at, { second: "2-digit" })}`);
  }

  function put(field, value) {
    if (field.type === "checkbox") field.checked = value === "on";
    else if (typeof field.selectionStart === "number") replace(field, value);
    else field.value = value;
    field.dispatchEvent(new Event("learn:set"));
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function later() {
    typing ||= Date.now();
    clearTimeout(timer);
    timer = setTimeout(send, Math.max(0, Math.min(WAIT, typing + MOST - Date.now())));
  }

  // The session has ended: the password is asked for on this page, which stays as it is.
  async function ask() {
    isLoggedOut = true;
    say("You are logged out. This browser keeps what you typed.", true);
    const { askForPassword } = await import(document.getElementById("admin-login-dialog").href);
    if (!(await askForPassword())) return;
    isLoggedOut = false;
    say("");
    send();
  }

  form.addEventListener("input", later);
  form.addEventListener("submit", async (event) => {
    clearTimeout(timer);
    if (isReady || !(sending || isShared() || savedAt)) {
      leaving = true;
      return;
    }
    // What is on its way would look to the save as if somebody else had changed the draft meanwhile.
    event.preventDefault();
    if (leaving) return; // pressed twice
    leaving = true;
    await settled(sending);
    if (isShared() || (savedAt && isToSend())) await settled(deliver());
    if (isLoggedOut) leaving = false; // the dialog asks
    else if (savedAt) location.assign(savedAt); // a second article would be made of it here
    else {
      isReady = true;
      form.requestSubmit(event.submitter);
    }
  });

  async function settled(promise) {
    const giveUp = setTimeout(() => promise?.cancel(), PATIENCE);
    await promise;
    clearTimeout(giveUp);
  }

  addEventListener("pageshow", () => {
    leaving = isReady = false; // the answer of a save never came, and the browser went back
  });
  // The browser kept it (keep.js): the server puts it together with what it has by now, as what was typed since `base`.
  document.addEventListener("learn:restored", ({ detail }) => {
    for (const [name, base] of Object.entries(detail.base)) if (known.has(name)) known.set(name, base);
    remember(detail.copy);
    send();
  });
  // On leaving: nobody waits for the answer, so this browser keeps its copy until the form is seen again.
  addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && !leaving) send();
  });
  addEventListener("pagehide", () => {
    if (!leaving && isToSend()) navigator.sendBeacon(box.dataset.keep, posted(changes()));
  });
  if (held && isToSend()) send(); // a refused form is kept as it stands
}

// Puts `after` into a field of text; caret, selection and scrolling stay with the words at which they were.
function replace(field, after) {
  const from = heightAbove(field);
  for (const [start, end, text] of differences(field.value, after).reverse()) field.setRangeText(text, start, end, "preserve");
  field.scrollTop += heightAbove(field) - from;
}

// The pixels of the lines of a text area that end with the caret.
function heightAbove(field) {
  if (field.type !== "textarea") return 0;
  const copy = field.cloneNode();
  copy.removeAttribute("id");
  copy.removeAttribute("name");
  Object.assign(copy.style, { position: "absolute", visibility: "hidden", width: `${field.offsetWidth}px`, height: "0", minHeight: "0" });
  copy.value = field.value.slice(0, field.selectionStart);
  field.after(copy);
  const height = copy.scrollHeight;
  copy.remove();
  return height;
}

// Where two texts differ, line by line: [start, end, text], in characters of `before`, the first first.
function differences(before, after) {
  const [old, now] = [before, after].map((text) => text.split(/(?<=\n)/));
  if (old.length * now.length > MOST_CELLS) return [trimmed(0, before, after)];
  const width = now.length + 1;
  const common = new Uint16Array((old.length + 1) * width); // how many lines both have from here on
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      const [down, right] = [common[(i + 1) * width + j], common[i * width + j + 1]];
      common[i * width + j] = old[i] === now[j] ? common[(i + 1) * width + j + 1] + 1 : Math.max(down, right);
    }
  }
  const found = [];
  for (let at = 0, i = 0, j = 0; i < old.length || j < now.length; ) {
    const isSame = () => i < old.length && old[i] === now[j];
    let [removed, text] = ["", ""];
    while (!isSame() && (i < old.length || j < now.length)) {
      const isRemoved = i < old.length && (j >= now.length || common[(i + 1) * width + j] >= common[i * width + j + 1]);
      if (isRemoved) removed += old[i++];
      else text += now[j++];
    }
    if (removed || text) found.push(trimmed(at, removed, text));
    at += removed.length;
    while (isSame()) {
      at += old[i++].length;
      j++;
    }
  }
  return found;
}

// One difference without what both texts begin and end with.
function trimmed(at, removed, text) {
  const most = Math.min(removed.length, text.length);
  let [first, last] = [0, 0];
  while (first < most && removed[first] === text[first]) first++;
  while (last < most - first && removed.at(-1 - last) === text.at(-1 - last)) last++;
  return [at + first, at + removed.length - last, text.slice(first, text.length - last)];
}
