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

if (form && told) {
  const fields = [...form.elements].filter(
    (field) =>
      field.name &&
      !field.name.startsWith("_") &&
      !["csrfmiddlewaretoken", "draft_key", "seen_version", "seen_copy", "goes_live_at"].includes(field.name) &&
      !["file", "submit", "button"].includes(field.type),
  );
  const valueOf = (field) => (field.type === "checkbox" ? (field.checked ? "on" : "") : field.value);
  const seen = form.elements.seen_copy;
  const known = new Map(fields.map((field) => [field.name, valueOf(field)])); // what the server has
  let typing = 0; // when the first keystroke came that was not sent yet
  let timer = 0;
  let sending = null;
  let leaving = false;
  let clashing = [];

  const changes = () =>
    Object.fromEntries(
      fields
        .filter((field) => valueOf(field) !== known.get(field.name) && !clashing.includes(field.name))
        .map((field) => [field.name, [known.get(field.name), valueOf(field)]]),
    );

  function say(text, isBad = false) {
    told.textContent = text;
    told.classList.toggle("admin-bad", isBad);
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

  async function send() {
    clearTimeout(timer);
    const changed = changes();
    if (sending || leaving || !Object.keys(changed).length) return;
    typing = 0;
    sending = new AbortController();
    try {
      const response = await fetch(box.dataset.keep, { method: "POST", body: posted(changed), signal: sending.signal });
      const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
      if (response.redirected || (response.status === 403 && !isJson)) return ask();
      if (!response.ok) throw new Error(isJson ? (await response.json()).error : `status ${response.status}`);
      take(await response.json(), changed);
    } catch (error) {
      if (error.name === "AbortError") return;
      const why = error instanceof TypeError ? "the site cannot be reached" : error.message;
      say(`Not saved on the server: ${why}. This browser keeps what you typed.`, true);
      timer = setTimeout(send, AGAIN);
    } finally {
      sending = null;
    }
  }

  function take(answer, changed) {
    clashing = answer.clashes;
    for (const field of fields) {
      const [, sent] = changed[field.name] ?? [null, known.get(field.name)];
      if (clashing.includes(field.name)) continue;
      const theirs = answer.values?.[field.name] ?? sent;
      if (valueOf(field) === sent) {
        if (theirs !== sent) put(field, theirs); // somebody else changed it, too
        known.set(field.name, valueOf(field)); // as the field writes it: a moment without its seconds
      } else known.set(field.name, sent); // typed on since: both are put together with the next
    }
    if (seen) seen.value = clashing.length ? seen.value : answer.number;
    if (!box.dataset.article && answer.number) {
      const address = new URL(location.href);
      address.searchParams.set("draft", box.dataset.draft);
      history.replaceState(null, "", address); // loaded again, the page goes on with it
    }
    const at = new Date(answer.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    if (clashing.length) say("Somebody changed the same lines. Yours are in this browser: save, and both are put together.", true);
    else say(`Draft saved at ${at}`);
    document.dispatchEvent(new CustomEvent("learn:kept", { detail: { clashes: clashing, values: Object.fromEntries(known) } }));
    if (Object.keys(changes()).length) later();
  }

  function put(field, value) {
    if (field.type === "checkbox") field.checked = value === "on";
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
  function ask() {
    say("You are logged out. This browser keeps what you typed.", true);
    if (document.querySelector("[data-login-dialog]")) return;
    const dialog = Object.assign(document.createElement("dialog"), { className: "admin-login" });
    dialog.dataset.loginDialog = "";
    dialog.setAttribute("aria-labelledby", "login-heading");
    const heading = Object.assign(document.createElement("h2"), { id: "login-heading", textContent: "You are logged out" });
    const text = Object.assign(document.createElement("p"), {
      textContent: `What you typed is here. Give the password of ${box.dataset.userName}, and go on.`,
    });
    const login = Object.assign(document.createElement("form"), { method: "dialog" });
    const label = Object.assign(document.createElement("label"), { textContent: "Password " });
    const password = Object.assign(document.createElement("input"), { type: "password", autocomplete: "current-password", required: true });
    label.append(password);
    const codeLabel = Object.assign(document.createElement("label"), { textContent: "Code of your second factor, or a recovery code " });
    const code = Object.assign(document.createElement("input"), { type: "text", autocomplete: "one-time-code", maxLength: 16, required: true });
    codeLabel.append(code);
    const button = Object.assign(document.createElement("button"), { className: "button default", textContent: "Log in" });
    const other = Object.assign(document.createElement("a"), {
      href: box.dataset.login,
      target: "_blank",
      textContent: "Log in in another tab",
    });
    const again = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: "I have logged in there" });
    const status = document.createElement("p");
    status.setAttribute("role", "alert");
    login.append(label, " ", button);
    dialog.append(heading, text, login, status, other, " ", again);
    document.body.append(dialog);
    const done = async () => {
      const outcome = await renew();
      if (outcome === "in") {
        dialog.close();
        dialog.remove();
        say("");
        send();
      } else if (outcome === "code" && label.isConnected) {
        label.replaceWith(codeLabel);
        status.textContent = "";
        code.focus();
      } else status.textContent = "That did not log you in. Try again.";
    };
    login.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        if (label.isConnected) await give(box.dataset.login, { username: box.dataset.userName, password: password.value });
        else await give(box.dataset.secondFactor, { code: code.value });
        code.value = "";
        await done();
      } catch {
        status.textContent = "The site cannot be reached. Try again in a moment.";
      }
    });
    again.addEventListener("click", done);
    dialog.showModal();
  }

  // Posts a form of the login as its own page would.
  async function give(address, values) {
    const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
    const token = page.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
    const body = new URLSearchParams({ ...values, csrfmiddlewaretoken: token, next: box.dataset.token });
    await fetch(address, { method: "POST", body });
  }

  // Whether the session goes on: "in"; "code" where the second factor is still asked for; "" where it does not.
  async function renew() {
    const response = await fetch(box.dataset.token);
    if (new URL(response.url).pathname === box.dataset.secondFactor) return "code";
    if (response.redirected || !response.ok) return "";
    const { user, token } = await response.json();
    if (String(user) !== box.dataset.user) return "";
    for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = token;
    return "in";
  }

  form.addEventListener("input", later);
  form.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(timer);
    sending?.abort();
  });
  addEventListener("pageshow", () => {
    leaving = false; // the answer of a save never came, and the browser went back
  });
  // On leaving: nobody waits for the answer, so this browser keeps its copy until the form is seen again.
  addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && !leaving) send();
  });
  addEventListener("pagehide", () => {
    const changed = changes();
    if (!leaving && Object.keys(changed).length) navigator.sendBeacon(box.dataset.keep, posted(changed));
  });
}
