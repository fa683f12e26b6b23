// An example of every command and environment that KaTeX's source names, which KaTeX itself draws: [[tex, mathml], ..].
import { readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import katex from "katex";

const source = join(dirname(fileURLToPath(import.meta.url)), "node_modules", "katex", "src");
const commands = new Set();
const environments = new Set();

function read(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      read(path);
    } else if (/\.[jt]s$/.test(name)) {
      const text = readFileSync(path, "utf8");
      for (const match of text.matchAll(/"\\\\([A-Za-z]+)\*?"/g)) commands.add(match[1]);
      for (const match of text.matchAll(/"([A-Za-z]*(?:matrix|cases|align|aligned|gather|gathered|equation|alignat|alignedat|split|array|CD)\*?)"/g)) {
        environments.add(match[1]);
      }
    }
  }
}

// A command stands alone, between letters, before one argument to three, before a bracket, a length or a colour.
const places = [
  (name) => `\\${name}`, (name) => `a \\${name} b`, (name) => `\\${name}{a}`, (name) => `\\${name}{ab}{c}`,
  (name) => `\\${name}{a}{b}{c}`, (name) => `\\${name}(`, (name) => `\\${name}{red}{x}`, (name) => `\\${name}{red}{aqua}{A}`,
  (name) => `\\text{\\${name}}`, (name) => `\\text{\\${name}{a}}`, (name) => `{a \\${name} b}`, (name) => `\\${name}{1em}x`,
  (name) => `\\${name}{1em}{1em}`, (name) => `\\left( a \\${name}| b\\right)`, (name) => `\\int\\${name}_a^b`,
];
const columns = { array: "{cc}", darray: "{cc}", alignedat: "{2}", alignat: "{2}", "alignat*": "{2}", subarray: "{c}" };

function drawn(tex) {
  try {
    return katex.renderToString(tex, { displayMode: true, output: "mathml", strict: false, trust: true });
  } catch {
    return "";
  }
}

function first(candidates) {
  for (const tex of candidates) {
    const mathml = drawn(tex);
    if (mathml) return [[tex, mathml]];
  }
  return [];
}

read(source);
// These write to the console and draw nothing.
for (const name of ["show", "message", "errmessage"]) commands.delete(name);
const found = [...commands].sort().flatMap((name) => first(places.map((place) => place(name))));
for (const name of [...environments].sort()) {
  const rows = /gather/.test(name) ? "a=b" : "a&b\\\\c&d";
  const bodies = name === "CD" ? ["A @>a>> B \\\\ @VbVV @AAcA \\\\ C @= D"] : [rows, "a=b"];
  found.push(...first(bodies.map((body) => `\\begin{${name}}${columns[name] ?? ""}${body}\\end{${name}}`)));
}
process.stdout.write(JSON.stringify(found));
