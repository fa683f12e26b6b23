// Formulas, one JSON array on standard input, as KaTeX's HTML, one JSON array on standard output.
import { readFileSync } from "node:fs";
import katex from "katex";
import "katex/contrib/mhchem";

const options = { displayMode: true, output: "html", strict: false, throwOnError: true };
const formulas = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(formulas.map((tex) => katex.renderToString(tex, options))));
