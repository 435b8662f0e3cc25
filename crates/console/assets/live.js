// The pages work without this. With it, the page of a lab follows the lab: it is told that something changed, asks for
// the page again and puts the new live parts in the place of the old ones.
"use strict";

const news = document.getElementById("news");

/** Puts what is new into one part, and leaves open what is open and the focus where it is. */
function replace(part, fresh) {
  const open = [...part.querySelectorAll("details[open][id]")].map((one) => one.id);
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  part.replaceChildren(...document.adoptNode(fresh).childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) same(part, focused)?.focus({ preventScroll: true });
}

/** The element of a part that took the place of an old one. */
function same(part, old) {
  if (old.id) return document.getElementById(old.id);
  const alike = (one) => one.name === old.name && one.value === old.value && one.textContent === old.textContent;
  return [...part.querySelectorAll(old.localName)].find(alike);
}

async function refresh() {
  const answer = await fetch(location.pathname, { redirect: "error", cache: "no-store" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const version = page.getElementById("news")?.dataset.version;
  if (!answer.ok || version === undefined) return location.reload();
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(part.id);
    // An exercise that has been solved meanwhile has other parts.
    if (!fresh) return location.reload();
    replace(part, fresh);
  }
  news.dataset.version = version;
  news.textContent = [...document.querySelectorAll("#live-result .news, #live-result .fault")].map((one) => one.textContent).join(" ");
}

if (news && "EventSource" in window) {
  const source = new EventSource(news.dataset.events);
  let pending = Promise.resolve();
  source.addEventListener("state", (event) => {
    const { version } = JSON.parse(event.data);
    const look = () => (String(version) === news.dataset.version ? undefined : refresh());
    pending = pending.then(look).catch(() => source.close());
  });
  source.addEventListener("end", () => {
    source.close();
    location.reload();
  });
  addEventListener("pagehide", () => source.close());
}
