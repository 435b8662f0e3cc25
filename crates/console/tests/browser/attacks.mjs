// What somebody tries who is not the trainee: other pages, other names, wrong tokens, too much of everything.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { rebound, trainee, url } from "./visit.mjs";

const { origin, port } = new URL(url);

/** The status of a page opened in a tab of its own. */
async function opened(page, address) {
  const tab = await page.context().newPage();
  const answer = await tab.goto(address);
  await tab.close();
  return answer.status();
}

/** Pages of an origin of its own on this machine: same site, other port, so that the browser sends the cookie along. */
async function foreign(pages) {
  const server = createServer((request, response) => {
    const body = pages[request.url];
    response.writeHead(body ? 200 : 404, { "content-type": "text/html" });
    response.end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, address: `http://127.0.0.1:${server.address().port}` };
}

async function fromOtherPages(page) {
  const token = await page.locator("input[name=token]").first().getAttribute("value");
  const form = `<form method=post action="${origin}/start"><input name=token value="${token}"><input name=id value="certificate/expired"></form><script>document.forms[0].submit()</script>`;
  const frame = `<iframe src="${origin}/"></iframe>`;
  const { server, address } = await foreign({ "/": "<h1>elsewhere</h1>", "/form": form, "/frame": frame });
  const tab = await page.context().newPage();

  // Even a form with the right token, which no other page can know.
  const posted = tab.waitForResponse(`${origin}/start`);
  await tab.goto(`${address}/form`);
  assert.equal((await posted).status(), 403);

  const framed = tab.waitForResponse(`${origin}/`);
  await tab.goto(`${address}/frame`);
  assert.equal((await framed).status(), 403);

  await tab.goto(`${address}/`);
  const read = await tab.evaluate(async (address) => {
    const answer = await fetch(address, { credentials: "include" }).then((answer) => answer.status, () => "kept");
    const listened = await new Promise((done) => {
      const source = new EventSource(`${address}lab/events`, { withCredentials: true });
      source.onerror = () => done("kept");
      source.onmessage = () => done("heard");
    });
    return [answer, listened];
  }, `${origin}/`);
  assert.deepEqual(read, ["kept", "kept"]);
  await tab.close();
  server.close();
}

/** A thousand starts from the trainee's own page, as fast as the browser sends them. */
async function manyStarts(page) {
  const counts = await page.evaluate(async () => {
    const token = document.querySelector("input[name=token]").value;
    const counts = {};
    for (let round = 0; round < 10; round += 1) {
      const starts = Array.from({ length: 100 }, () => {
        const body = new URLSearchParams({ token, id: "certificate/expired" });
        return fetch("/start", { method: "POST", body, redirect: "manual" });
      });
      for (const answer of await Promise.all(starts)) counts[answer.status] = (counts[answer.status] ?? 0) + 1;
    }
    return counts;
  });
  // Twenty in a minute; 0 is a redirect that the script may not look into.
  assert.ok(counts[429] >= 980, JSON.stringify(counts));
  assert.equal(Object.keys(counts).filter((status) => !["0", "429", "503"].includes(status)).length, 0, JSON.stringify(counts));
}

export async function attacks() {
  const page = await trainee();
  assert.equal(await opened(page, `${url.slice(0, -1)}${url.endsWith("0") ? "1" : "0"}`), 403, "a wrong token");
  assert.equal(await opened(page, `http://${rebound}:${port}/`), 421, "another name for loopback");
  for (const path of ["/scenario/%2e%2e/%2e%2e/etc/passwd", "/scenario/certificate/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/..%2f..%2fetc%2fpasswd"]) {
    assert.equal(await opened(page, origin + path), 404, path);
  }
  await fromOtherPages(page);
  await manyStarts(page);
  await page.context().close();
  console.log("ok attacks: wrong token, other names, pages and paths, a thousand starts");
}
