// Before a form with a text that somebody wrote leaves the page: does the session go on, and is the site there? Else the
// text would be lost to the page of the login. The form of an article keeps what is typed by itself (keep.js).
const dialog = document.getElementById("admin-login-dialog");
const asking = new WeakSet();
const asked = new WeakSet();

const isWritten = (form) =>
  form.method === "post" && !form.querySelector("[data-admin-form]") && [...form.querySelectorAll("textarea")].some((field) => field.value.trim());

// Where it does not go on, the dialog asks for the password.
async function goesOn() {
  const response = await fetch(dialog.dataset.token);
  if (response.redirected) return (await import(dialog.href)).askForPassword();
  if (!response.ok && response.status !== 403) throw new Error(`status ${response.status}`); // 403: it is none of theirs
  return true;
}

function say(form, text) {
  const told = form.querySelector("[data-not-sent]") ?? document.createElement("p");
  told.dataset.notSent = "";
  told.className = "errornote";
  told.setAttribute("role", "alert");
  form.append(told);
  told.textContent = text;
}

// Before whoever else listens: they hear of it when it is sent.
addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (asked.delete(form) || !isWritten(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (asking.has(form)) return;
  asking.add(form);
  try {
    if (await goesOn()) {
      asked.add(form);
      form.requestSubmit(submitter);
    }
  } catch {
    say(form, "The site cannot be reached. What you wrote is still here: try again in a moment.");
  } finally {
    asking.delete(form);
  }
}, true);
