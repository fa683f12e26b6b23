// The password, and the second factor, are asked for on the page on which a session ended: the page stays as it is.
const { login, secondFactor, token, user, userName } = document.getElementById("admin-login-dialog").dataset;
let asked = null;

// Whether somebody is logged in again: false where they closed the dialog. One dialog, however often it is asked for.
export function askForPassword() {
  asked ??= new Promise(open).finally(() => (asked = null));
  return asked;
}

// Whether the session goes on: "in"; "code" where the second factor is still asked for; "" where it does not.
async function renew() {
  const response = await fetch(token);
  if (new URL(response.url).pathname === secondFactor) return "code";
  if (response.redirected || !response.ok) return "";
  const answer = await response.json();
  if (String(answer.user) !== user) return "";
  for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = answer.token;
  return "in";
}

// Posts a form of the login as its own page would.
async function give(address, values) {
  const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
  const csrf = page.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  const body = new URLSearchParams({ ...values, csrfmiddlewaretoken: csrf, next: token });
  await fetch(address, { method: "POST", body });
}

function open(resolve) {
  const dialog = made("dialog", { className: "admin-login" });
  dialog.dataset.loginDialog = "";
  dialog.setAttribute("aria-labelledby", "login-heading");
  const heading = made("h2", { id: "login-heading", textContent: "You are logged out" });
  const text = made("p", { textContent: `What you typed is here. Give the password of ${userName}, and go on.` });
  const form = made("form", { method: "dialog" });
  const label = made("label", { textContent: "Password " });
  const password = made("input", { type: "password", autocomplete: "current-password", required: true });
  label.append(password);
  const codeLabel = made("label", { textContent: "Code of your second factor, or a recovery code " });
  const code = made("input", { type: "text", autocomplete: "one-time-code", maxLength: 16, required: true });
  codeLabel.append(code);
  const button = made("button", { className: "button default", textContent: "Log in" });
  const other = made("a", { href: login, target: "_blank", textContent: "Log in in another tab" });
  const again = made("button", { type: "button", className: "button", textContent: "I have logged in there" });
  const status = made("p");
  status.setAttribute("role", "alert");
  form.append(label, " ", button);
  dialog.append(heading, text, form, status, other, " ", again);
  document.body.append(dialog);
  const done = async () => {
    const outcome = await renew();
    if (outcome === "in") {
      resolve(true);
      dialog.close();
    } else if (outcome === "code" && label.isConnected) {
      label.replaceWith(codeLabel);
      status.textContent = "";
      code.focus();
    } else status.textContent = "That did not log you in. Try again.";
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      if (label.isConnected) await give(login, { username: userName, password: password.value });
      else await give(secondFactor, { code: code.value });
      code.value = "";
      await done();
    } catch {
      status.textContent = "The site cannot be reached. Try again in a moment.";
    }
  });
  again.addEventListener("click", done);
  dialog.addEventListener("close", () => {
    resolve(false); // where it is not true yet
    dialog.remove();
  });
  dialog.showModal();
}

function made(name, values = {}) {
  return Object.assign(document.createElement(name), values);
}
