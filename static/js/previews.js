// What a form would do is shown while it is filled in: the server's own answer to the form's button of looking, as
// `<button data-preview>`, from which every `[data-fresh]` of the page is taken anew. One question at a time.

const said = document.getElementById("heard");

for (const button of document.querySelectorAll("button[data-preview]")) {
  const form = button.form;
  let waiting;
  let asking = false;
  let again = false;
  let ended = false;

  // What is typed, without files: those are sent with the form.
  const typed = () => {
    const fields = [...new FormData(form)].filter(([, value]) => typeof value === "string");
    return new URLSearchParams([...fields, [button.name, button.value]]);
  };

  async function refresh() {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    // Not `form.action`: that is a button of this name.
    const answer = await fetch(form.getAttribute("action"), { method: "POST", headers: { "x-preview": "yes" }, body: typed() }).catch(() => null);
    // A lost session is led to the page of signing in, when the form is sent.
    ended = answer?.redirected ?? false;
    if (answer?.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    asking = false;
    if (again && !ended) {
      again = false;
      refresh();
    }
  }

  function show(page) {
    // What is wrong is said when the form is sent, not while it is being filled in.
    page.querySelector('[data-fresh] [href="#errors"]')?.parentElement.remove();
    let words = "";
    for (const old of document.querySelectorAll("[data-fresh]")) {
      const fresh = page.getElementById(old.id);
      if (!fresh || fresh.innerHTML === old.innerHTML) continue;
      const place = old.querySelector(".bubbles")?.scrollTop;
      old.replaceChildren(...fresh.childNodes);
      if (place) old.querySelector(".bubbles").scrollTop = place;
      words += [...old.querySelectorAll("[data-said]")].map((one) => one.textContent).join(" ");
    }
    if (said && words) said.textContent = words;
  }

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    if (!ended) waiting = setTimeout(refresh, 250);
  });
  if (button.dataset.preview === "now") refresh();
}
