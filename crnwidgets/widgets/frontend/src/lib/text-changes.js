// The least that has to change in an editor's text, so that cursor, selection, scroll and undo history stay.

/** The change that turns `before` into `after`, in CodeMirror's form, or null where they are equal. */
function change(before, after, offset) {
  if (before === after) return null;
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return { from: offset + start, to: offset + before.length - end, insert: after.slice(start, after.length - end) };
}

/** Changes from one text to another: line by line where both have as many lines, else one. */
export function textChanges(before, after) {
  const [old, wanted] = [before.split("\n"), after.split("\n")];
  if (old.length !== wanted.length) return [change(before, after, 0)];
  const changes = [];
  let offset = 0;
  old.forEach((line, i) => {
    const found = change(line, wanted[i], offset);
    if (found) changes.push(found);
    offset += line.length + 1;
  });
  return changes;
}

/** Whether these changes of `before` touch nothing but digits: what dragging a handle does. */
export function onlyNumbers(before, changes) {
  return changes.every(({ from, to, insert }) => /^[\d.eE+-]*$/.test(before.slice(from, to) + insert));
}
