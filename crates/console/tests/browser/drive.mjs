// Drives running consoles in Chromium: `node drive.mjs URL URL-WITH-COURSE [DIRECTORY FOR SCREENSHOTS]`.
//
// A trainee's way through a lab, an exercise and a course, without and with scripts; axe-core on every kind of page,
// light and dark, wide and narrow, in both languages; attacks from other pages; no request to anywhere but the console.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { attacks } from "./attacks.mjs";
import { at, browser, courseUrl, examine, press, settled, status, strangers, trainee, url } from "./visit.mjs";

const { origin } = new URL(url);

async function visit(page, path, name) {
  await page.goto(at(page, path));
  await examine(page, name);
}

async function lists(page) {
  for (const [path, name] of [["/", "home"], ["/class/certificate", "class"], ["/cause/chain-incomplete", "cause"], ["/scenario/certificate/expired", "scenario"], ["/exercises", "exercises"], ["/track/certificates", "track"], ["/results", "results-none"], ["/nowhere", "not-found"]]) {
    await visit(page, path, name);
  }
}

async function lab(page) {
  await page.goto(`${origin}/scenario/chain/incomplete`);
  await press(page, page.getByRole("button", { name: "Start the lab" }));
  await settled(page, "502");
  assert.match(await page.frameLocator("iframe.page").locator("body").innerText(), /502 ERROR/);
  assert.ok(await page.locator(".chain .missing").isVisible());
  await examine(page, "lab-broken");
  await press(page, page.locator("button[value=dead-end-1]"));
  await settled(page, "502");
  await press(page, page.locator("button[value=fix-1]"));
  await settled(page, "200");
  await examine(page, "lab-fixed");
  console.log("ok lab: 502, a dead end and still 502, the fix and 200");
}

/** What happens in another tab shows by itself, and the focus stays. */
async function live(page) {
  const rows = () => page.locator("#live-seen table tbody tr").count();
  const before = await rows();
  await page.locator("#live-changes summary").first().click();
  await page.locator("#live-changes summary").first().focus();
  const tab = await page.context().newPage();
  await tab.goto(`${origin}/lab`);
  await press(tab, tab.getByRole("button", { name: "Ask again" }));
  await page.waitForFunction((before) => document.querySelectorAll("#live-seen table tbody tr").length > before, before);
  assert.ok(await page.locator("#live-changes details").first().evaluate((one) => one.open), "what is open stays open");
  assert.equal(await page.evaluate(() => document.activeElement.localName), "summary", "the focus stays");
  assert.match(await page.locator("#news").textContent(), /The viewer gets 200/);
  await tab.close();
  console.log("ok live: a request from elsewhere shows by itself");
}

async function exercise(page) {
  await page.goto(`${origin}/track/certificates`);
  const item = page.locator("li", { hasText: "the renewal job reports success" });
  await press(page, item.getByRole("button"));
  await settled(page, "502");
  await examine(page, "exercise");
  await press(page, page.getByRole("button", { name: /Take a hint/ }));
  assert.ok(await page.getByRole("heading", { name: "Hint 1" }).isVisible());
  const remedy = (title) => page.locator("li", { hasText: title }).getByRole("button", { name: "Apply" });
  await press(page, remedy("Raise the origin read timeout"));
  await settled(page, "502");
  await press(page, remedy("Renew the certificate and reload the server"));
  await settled(page, "200");
  await page.getByRole("radio", { name: "The origin's certificate has expired" }).check();
  await press(page, page.getByRole("button", { name: "Name the cause" }));
  assert.ok(await page.getByText("Solved, for 75 of 100 points.").isVisible());
  await examine(page, "exercise-solved");
  await visit(page, "/results", "results");
  assert.ok(await page.getByText("75 points in all").first().isVisible());
  console.log("ok exercise: a hint, a dead end, the fix, the cause; 75 points are kept");
}

/** By keyboard alone: the skip link comes first and is seen, and leads to the content. */
async function keyboard(page) {
  await page.goto(`${origin}/`);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  assert.ok((await page.locator(".skip").boundingBox()).x >= 0);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  const outline = await page.evaluate(() => [document.activeElement.closest("main") !== null, getComputedStyle(document.activeElement).outlineStyle]);
  assert.deepEqual(outline, [true, "solid"]);
  console.log("ok keyboard: skip link, visible focus");
}

/** Drawn by a seed: the name tells the seed and nothing else. */
async function mystery(page) {
  await page.goto(`${origin}/exercises`);
  await page.getByLabel("Track").selectOption("certificates");
  await page.getByLabel("Seed").fill("4711");
  await press(page, page.getByRole("button", { name: "Begin a mystery" }));
  await page.waitForFunction(() => !document.querySelector(".news")?.textContent.includes("at work"));
  assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), "Exercise mystery-4711");
  await examine(page, "mystery");
  console.log("ok mystery: drawn by its seed");
}

/** Once through a course whose title and stories are full of scripts, and the sheet of it. */
async function course() {
  const page = await trainee({ acceptDownloads: true }, courseUrl);
  await examine(page, "course");
  await press(page, page.getByRole("button", { name: "Begin the course" }));
  await settled(page, "502");
  await examine(page, "course-exercise");
  const remedies = page.locator("#live-remedies li");
  for (let number = 0; number < (await remedies.count()); number += 1) {
    await press(page, remedies.nth(number).getByRole("button", { name: "Apply" }));
    await page.waitForFunction(() => !document.querySelector(".news")?.textContent.includes("at work"));
    if ((await status(page)) === "200") break;
  }
  await page.getByRole("radio", { name: /Nothing accepts connections/ }).check();
  await press(page, page.getByRole("button", { name: "Name the cause" }));
  assert.ok(await page.getByText(/^Solved, for/).isVisible());
  await press(page, page.getByRole("link", { name: "To the course" }));
  await examine(page, "course-under-way");
  await press(page, page.getByRole("button", { name: "Next exercise" }));
  await press(page, page.getByRole("button", { name: "Give up" }));
  await press(page, page.getByRole("link", { name: "To the course" }));
  await press(page, page.getByRole("link", { name: "The course is over" }));
  await examine(page, "course-results");
  await page.getByLabel("Name of the trainee").fill("A. Kim");
  for (const [form, name] of [["Markdown", "result.md"], ["HTML", "result.html"], ["JSON", "result.json"], ["CSV", "result.csv"]]) {
    const downloading = page.waitForEvent("download");
    await page.getByRole("button", { name: form }).click();
    const download = await downloading;
    assert.equal(download.suggestedFilename(), name);
    assert.match(await readFile(await download.path(), "utf8"), /A. Kim/);
  }
  await page.context().close();
  console.log("ok course: in order and once, with a result sheet in four forms");
}

async function withoutScripts() {
  const page = await trainee({ javaScriptEnabled: false });
  await page.goto(`${origin}/scenario/certificate/expired`);
  await press(page, page.getByRole("button", { name: "Start the lab" }));
  for (const [step, expected] of [["dead-end-1", "502"], ["fix-1", "200"]]) {
    await press(page, page.locator(`button[value=${step}]`));
    while ((await page.locator(".news").innerText()).includes("at work")) await page.reload();
    assert.equal(await status(page), expected);
  }
  await press(page, page.getByRole("button", { name: "End the lab" }));
  await page.context().close();
  console.log("ok without scripts: the same lab by forms and links alone");
}

try {
  const page = await trainee();
  await lists(page);
  await keyboard(page);
  await lab(page);
  await live(page);
  await exercise(page);
  await mystery(page);
  await withoutScripts();
  await course();
  assert.deepEqual(strangers, [], "nothing but the console is asked, and no script fails");
  console.log("ok no request left the console");
  await attacks();
} finally {
  await browser.close();
}
