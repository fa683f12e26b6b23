// Moments are written in the time zone that the form names. Where the editor is in another one by now, what that is
// there stands beside each; and a page whose moment is ahead is scheduled, not published: its buttons say so.
const publishAt = document.getElementById("id_publish_at");
const publishing = [...document.querySelectorAll(".admin-submit [type=submit]")].filter(({ value }) => /^(Publish|Schedule)/.test(value));
const zone = document.querySelector("[name=_time_zone]").value;
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

// How far the clock of the form's time zone is ahead of UTC at a moment, in milliseconds.
function offsetAt(moment) {
  const clock = new Date(moment).toLocaleString("sv", { timeZone: zone }).replace(" ", "T");
  return Date.parse(`${clock}Z`) - moment;
}

function momentOf({ value }) {
  if (/[+-]\d\d:\d\d$/.test(value)) return Date.parse(value);
  const clock = Date.parse(`${value}Z`);
  return Number.isNaN(clock) ? NaN : clock - offsetAt(clock - offsetAt(clock));
}

function tell(field, output) {
  const moment = momentOf(field);
  output.textContent =
    zone === here || Number.isNaN(moment)
      ? ""
      : `${new Date(moment).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })} where you are (${here})`;
  if (field !== publishAt) return;
  const verb = moment > Date.now() ? "Schedule" : "Publish";
  for (const button of publishing) button.value = button.value.replace(/^(Publish|Schedule)/, verb);
}

for (const field of document.querySelectorAll("[data-moment], #id_publish_at, #id_expires")) {
  if (field.tagName !== "INPUT" || field.type === "hidden") continue;
  const output = field.parentElement.querySelector("output") ?? document.createElement("output");
  if (!output.isConnected) {
    output.className = "help";
    field.after(" ", output);
  }
  field.addEventListener("input", () => tell(field, output));
  tell(field, output);
}
