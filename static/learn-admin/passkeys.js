// Passkeys: makes one, or proves with one that it is its owner. Without a browser that knows them, nothing is offered.
const form = document.querySelector("[data-passkey]");

if (form && window.PublicKeyCredential?.parseCreationOptionsFromJSON) {
  const told = form.querySelector("[role=alert]");
  const isNew = form.dataset.passkey === "make";
  const token = form.elements.csrfmiddlewaretoken.value;
  form.hidden = false;

  async function post(address, values) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": token, Accept: "application/json" };
    const response = await fetch(address, { method: "POST", headers, body: JSON.stringify(values) });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.detail ?? `status ${response.status}`);
    return answer;
  }

  async function go() {
    const options = await post(form.dataset.begin, {});
    const credential = isNew
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    const answer = await post(form.dataset.complete, credential.toJSON());
    location.assign(answer.redirect_url ?? location.pathname);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    told.textContent = "";
    try {
      await go();
    } catch (error) {
      const isRefused = error.name === "NotAllowedError";
      told.textContent = isRefused ? "That was cancelled, or took too long. Try again." : `It did not work: ${error.message}`;
      button.disabled = false;
    }
  });
}
