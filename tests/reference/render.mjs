// Renders Markdown with react-markdown and remark-gfm: JSON lines {"name", "text"} in, {"name", "html"} out.
import { createInterface } from "node:readline";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import Markdown from "react-markdown";
import remarkGfm from "remark-gfm";

const remarkPlugins = [remarkGfm];

for await (const line of createInterface({ input: process.stdin })) {
  const { name, text } = JSON.parse(line);
  const html = renderToStaticMarkup(createElement(Markdown, { remarkPlugins }, text));
  process.stdout.write(`${JSON.stringify({ name, html })}\n`);
}
