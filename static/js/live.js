// A part of a page that changes by itself (`data-live`, an address of server-sent events) is shown as it is now while
// the page is seen. When it is over, the page itself has changed and is taken anew.

const SAID_EVERY = 10_000;
const AGAIN = 15_000;

const said = document.getElementById("heard");
let source, spoken = 0;

const part = () => document.querySelector("[data-live]");
const parsed = (html) => new DOMParser().parseFromString(html, "text/html");
const say = (place) => (said.textContent = place.querySelector("[data-said]")?.textContent ?? "");

function show({ data }) {
  const place = part();
  if (!place || place.contains(document.activeElement)) return;
  place.replaceChildren(...parsed(data).body.childNodes);
  if (Date.now() - spoken < SAID_EVERY) return;
  spoken = Date.now();
  say(place);
}

async function over() {
  close();
  const answer = await fetch(location.href).catch(() => null);
  const fresh = answer?.ok && parsed(await answer.text()).getElementById("main");
  if (!fresh) return;
  const main = document.getElementById("main");
  const held = main.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const here = main.contains(document.activeElement);
  main.replaceChildren(...fresh.childNodes);
  // Who stood in the page stands there again.
  if (here) (main.querySelector(`a[href="${CSS.escape(held ?? "")}"]`) ?? main).focus({ preventScroll: true });
  say(main);
  open();
}

function open() {
  const place = part();
  if (!place || source || document.hidden) return;
  source = new EventSource(place.dataset.live);
  source.addEventListener("message", show);
  source.addEventListener("over", over);
  source.addEventListener("error", () => {
    // Refused, and not only at an end: the browser does not try again by itself.
    if (source?.readyState !== EventSource.CLOSED) return;
    close();
    setTimeout(open, AGAIN);
  });
}

function close() {
  source?.close();
  source = undefined;
}

document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
open();
