// What a test of the console in Chromium is made of: trainees, their buttons, and the examination of a page.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** The console's address, that of one with a course, and where screenshots go, if anywhere. */
export const [url, courseUrl, shots] = process.argv.slice(2);

/** A name that an attacker lets point to loopback. */
export const rebound = "rebound.test";

// Evaluated, not added: the pages' policy takes no script that is not theirs.
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const rules = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] };
const desktop = { width: 1280, height: 900 };
const phone = { width: 375, height: 800 };
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  `--host-resolver-rules=MAP ${rebound} 127.0.0.1`,
];

export const browser = await chromium.launch({ executablePath: process.env.EDGE502_CHROMIUM ?? "/usr/bin/chromium", args: flags });

/** What should not have been: requests to elsewhere, scripts that fail or are not the console's. */
export const strangers = [];

/** A browser of its own, with a cookie of its own, at the first page. */
export async function trainee(options = {}, address = url) {
  const { origin } = new URL(address);
  const context = await browser.newContext({ locale: "en-GB", viewport: desktop, ...options });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  context.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith("data:") && request.url() !== "about:srcdoc") strangers.push(request.url());
  });
  page.on("pageerror", (error) => strangers.push(`script: ${error}`));
  page.on("dialog", (dialog) => strangers.push(`dialog: ${dialog.message()}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("status of 4")) strangers.push(`console: ${message.text()}`);
  });
  await page.goto(address);
  await page.waitForURL(`${origin}/`);
  return page;
}

/** The path of a page of the console that `page` is at. */
export const at = (page, path) => new URL(path, page.url()).href;

export const status = (page) => page.locator(".figure .status").innerText();

/** Presses a button and waits for the page it leads to. */
export async function press(page, button) {
  await button.click();
  await page.waitForLoadState("load");
}

export async function settled(page, expected) {
  await page.waitForFunction((expected) => document.querySelector(".figure .status")?.textContent === expected && !document.querySelector(".news")?.textContent.includes("at work"), expected);
  assert.equal(await status(page), expected);
}

/** No fault of accessibility on a desk and on a phone, no page wider than a narrow screen, in light and dark and both languages. */
export async function examine(page, name) {
  for (const language of ["zh", "en"]) {
    if (await page.locator(".languages").count()) await press(page, page.locator(`.languages button[value=${language}]`));
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      for (const [size, suffix] of [[desktop, ""], [phone, "-narrow"]]) {
        await page.setViewportSize(size);
        await page.evaluate(() => scrollTo(0, 0));
        await page.evaluate(axe);
        const found = await page.evaluate((rules) => axe.run(document, rules), rules);
        const faults = found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`);
        assert.deepEqual(faults, [], `${name}, ${language}, ${colorScheme}, ${size.width} pixels`);
        if (shots) await page.screenshot({ path: join(shots, `${name}-${language}-${colorScheme}${suffix}.png`), fullPage: true });
      }
      await page.setViewportSize({ width: 320, height: 700 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 320, `${name} is ${wide} pixels wide at 320`);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(desktop);
  console.log(`ok ${name}: accessible in light and dark, wide and narrow, English and Chinese; fits 320 pixels`);
}
