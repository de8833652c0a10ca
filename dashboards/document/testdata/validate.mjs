// Checks files against the schemas of Office Open XML with Microsoft's own validator and
// prints one line for each fault: node validate.mjs a.docx b.xlsx
import { readFile } from "node:fs/promises";
import validate, { getFileFormatFromName } from "@ooxml-tools/validate";

for (const file of process.argv.slice(2)) {
  const faults = await validate(await readFile(file), getFileFormatFromName(file), "Office2013");
  for (const f of faults) console.log(`${file} ${f.path.partUri} ${f.path.xpath}: ${f.description}`);
  console.log(`${file}: ${faults.length} faults`);
}
process.exit(0); // the runtime of the validator would wait for ever
