// What a form would do is shown while it is filled in: the server's own answer to its preview button.

for (const form of document.querySelectorAll("form[data-preview]")) {
  let waiting;
  let latest = 0;

  async function refresh() {
    const turn = ++latest;
    const body = new URLSearchParams(new FormData(form));
    body.set("do", "preview");
    const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
    if (answer?.status !== 200 && answer?.status !== 422) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(form.dataset.preview);
    if (!fresh || turn !== latest) return;
    // What is wrong is said when the form is sent, not while it is being filled in.
    fresh.querySelector('[href="#errors"]')?.parentElement.remove();
    document.getElementById(form.dataset.preview).replaceChildren(...fresh.childNodes);
  }

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 400);
  });
}
