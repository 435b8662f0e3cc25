// Drives a running console in Chromium: `node drive.mjs URL [DIRECTORY FOR SCREENSHOTS]`.
//
// A trainee's way through a lab and an exercise, without and with scripts; axe-core on every kind of page, light and
// dark, in both languages; no page wider than 320 CSS pixels; no request to anywhere but the console.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [url, shots] = process.argv.slice(2);
const origin = new URL(url).origin;
// Evaluated, not added: the pages' policy takes no script that is not theirs.
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const rules = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] };

const browser = await chromium.launch({ executablePath: process.env.EDGE502_CHROMIUM ?? "/usr/bin/chromium", args: flags });
const strangers = [];

/** A browser of its own, with a cookie of its own. */
async function trainee(options = {}) {
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  context.on("request", (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith("data:") && request.url() !== "about:srcdoc") strangers.push(request.url());
  });
  page.on("pageerror", (error) => strangers.push(`script: ${error}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("status of 4")) strangers.push(`console: ${message.text()}`);
  });
  await page.goto(url);
  await page.waitForURL(`${origin}/`);
  return page;
}

const status = (page) => page.locator(".figure .status").innerText();

/** Presses a button and waits for the page it leads to. */
async function press(page, button) {
  await button.click();
  await page.waitForLoadState("load");
}

async function settled(page, expected) {
  await page.waitForFunction((expected) => document.querySelector(".figure .status")?.textContent === expected && !document.querySelector(".news")?.textContent.includes("at work"), expected);
  assert.equal(await status(page), expected);
}

/** No fault of accessibility, no page wider than a narrow screen, in light and dark and both languages. */
async function examine(page, name) {
  for (const language of ["zh", "en"]) {
    if (await page.locator(".languages").count()) await press(page, page.locator(`.languages button[value=${language}]`));
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.evaluate(() => scrollTo(0, 0));
      await page.evaluate(axe);
      const found = await page.evaluate((rules) => axe.run(document, rules), rules);
      const faults = found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`);
      assert.deepEqual(faults, [], `${name}, ${language}, ${colorScheme}`);
      if (shots) await page.screenshot({ path: join(shots, `${name}-${language}-${colorScheme}.png`), fullPage: true });
      await page.setViewportSize({ width: 320, height: 700 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 320, `${name} is ${wide} pixels wide at 320`);
      if (shots) {
        await page.setViewportSize({ width: 375, height: 800 });
        await page.screenshot({ path: join(shots, `${name}-${language}-${colorScheme}-narrow.png`), fullPage: true });
      }
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
  console.log(`ok ${name}: accessible in light and dark, English and Chinese; fits 320 pixels`);
}

async function visit(page, path, name) {
  await page.goto(origin + path);
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
  await withoutScripts();
  assert.deepEqual(strangers, [], "nothing but the console is asked, and no script fails");
  console.log("ok no request left the console");
} finally {
  await browser.close();
}
