// Which questions a respondent is asked. This is survey.Shown of the server once more, for
// pages that show and hide questions while a person answers: entry, the public page, the
// preview. A test draws cases by the thousand and compares the two.
//
// Questions are as the server writes them into JSON ({name, type, required, adults, rows,
// show_if, skip_if}); ruleOf reads one from the page. Answers are {choices: {name: [code]},
// numbers: {name: number}, young}.

const ownList = (map, name) => map && Object.hasOwn(map, name) ? map[name] ?? [] : [];
const meet = (held, list) => (list ?? []).some(code => held.includes(code));

// within tells whether a number lies in the bounds of a condition; a bound of 0 is one.
function within(c, n) {
  return (c.at_least == null || n >= c.at_least) && (c.at_most == null || n <= c.at_most) &&
    (c.above == null || n > c.above) && (c.below == null || n < c.below);
}

const bounded = c => [c.at_least, c.at_most, c.above, c.below].some(bound => bound != null);

// holds tells whether a condition is true. Without an answer the options and the bounds
// are false, and "none of these" is true.
export function holds(condition, answers) {
  if (condition.question) {
    const held = ownList(answers.choices, condition.question);
    if (condition.in?.length && !meet(held, condition.in) || meet(held, condition.not_in)) return false;
    if (bounded(condition)) {
      const n = answers.numbers && Object.hasOwn(answers.numbers, condition.question) ? answers.numbers[condition.question] : null;
      if (n == null || !within(condition, n)) return false;
    }
  }
  if ((condition.all ?? []).some(part => !holds(part, answers))) return false;
  return !condition.any?.length || condition.any.some(part => holds(part, answers));
}

// namesOf are the names under which the answers of a question are kept.
const namesOf = question => question.type === "matrix" ? (question.rows ?? []).map(row => row.name) : [question.name];

const refusedBy = (question, answers) => question.type === "consent" && Boolean(question.required) && ownList(answers.choices, question.name).includes("no");

// shown gives the names of the questions that are asked; a matrix stands under its own
// name and under those of its rows. An answer that stands under a skipped question opens
// nothing, and who does not consent is asked nothing more.
export function shown(questions, answers) {
  const names = new Set(), seen = { choices: {}, numbers: {} };
  for (const question of questions) {
    if (question.adults && answers.young) continue;
    if (question.show_if && !holds(question.show_if, seen)) continue;
    if (question.skip_if && holds(question.skip_if, seen)) continue;
    names.add(question.name);
    for (const name of namesOf(question)) {
      names.add(name);
      const held = ownList(answers.choices, name);
      if (held.length) seen.choices[name] = held;
      if (answers.numbers && Object.hasOwn(answers.numbers, name) && answers.numbers[name] != null) seen.numbers[name] = answers.numbers[name];
    }
    if (refusedBy(question, answers)) break;
  }
  return names;
}

// ruleOf reads what a page says of a question: data-rule holds the JSON that the server
// wrote (web.questionRule).
export const ruleOf = box => JSON.parse(box.dataset.rule);

// number reads what was typed into a field of a number; nothing and words are no number.
export function number(text) {
  const plain = String(text ?? "").normalize("NFKC").trim();
  const n = plain === "" ? NaN : Number(plain);
  return Number.isFinite(n) ? n : null;
}
