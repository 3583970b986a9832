// A form is sent once, is not left half written without asking, and shows first what is wrong with it.

const changed = new Set();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "get") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  changed.delete(form);
  // After this event, or the pressed button's value would not be sent.
  setTimeout(() => {
    event.submitter?.setAttribute("data-busy", "");
    for (const button of form.querySelectorAll("button:not([type=button])")) button.setAttribute("aria-disabled", "true");
  });
});

addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button[aria-disabled]")) {
      button.removeAttribute("aria-disabled");
      button.removeAttribute("data-busy");
    }
  }
});

for (const form of document.querySelectorAll("form[data-guard]")) {
  form.addEventListener("input", () => changed.add(form));
  // A form that came back with errors holds what was never saved.
  if (form.querySelector("#errors")) changed.add(form);
}
addEventListener("beforeunload", (event) => {
  if (changed.size > 0) event.preventDefault();
});

// What is wrong, or what was done, is said first, and the keyboard goes on from there.
(document.getElementById("errors") ?? document.getElementById("said"))?.focus();

// The look changes as soon as it is chosen, and stays when it is saved.
for (const choice of document.querySelectorAll("[data-theme-preview] input[name=theme]")) {
  choice.addEventListener("change", () => (document.documentElement.dataset.theme = choice.value));
}

// Buttons that put something into a text, at the cursor.
for (const button of document.querySelectorAll("button[data-insert]")) {
  const field = document.getElementById(button.dataset.into);
  if (!field) continue;
  button.addEventListener("click", (event) => {
    event.preventDefault();
    field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
}
