// The lines of a week in its form: the truth behind the grid. Reads them, adds and removes them, numbers them anew.

export const DAY = 1440;
const MOST = 8;

export const clock = (minute, separator) => {
  const shown = minute > DAY ? minute - DAY : minute;
  return String(Math.floor(shown / 60)).padStart(2, "0") + separator + String(shown % 60).padStart(2, "0");
};

// As the server reads it: 6, 06, 6.30, 06:30 or 0630; 24 is a day's end.
const minuteIn = (text) => {
  const found = /^(\d{1,2})(?:[.:]?(\d{2}))?$/.exec(text.trim());
  const total = found ? Number(found[1]) * 60 + Number(found[2] || 0) : NaN;
  return found && Number(found[2] || 0) < 60 && total <= DAY ? total : null;
};

// The minutes between two times as written; what ends before it begins ends on the next day. Null if it is no stretch.
export const stretch = (from, to) => {
  const start = minuteIn(from), end = minuteIn(to);
  if (start === null || end === null || start === DAY || start === end) return null;
  return { start, end: end > start ? end : end + DAY };
};

export const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

export class Lines {
  constructor(form, words) {
    this.words = words;
    this.days = [...form.querySelectorAll(".s-lines[data-day]")];
    this.line = form.querySelector("template[data-line]");
  }

  rows() {
    return this.days.flatMap((lines, day) => [...lines.querySelectorAll(".s-line")].map((row) => ({ row, day })));
  }

  field(row, name) { return row.querySelector(`[name^="${name}-"]`); }

  values(row) { return ["start", "end", "state"].map((name) => this.field(row, name).value); }

  isFull(day) { return this.days[day].querySelectorAll(".s-line").length >= MOST; }

  add(day, start, end, kind) {
    const row = this.line.content.firstElementChild.cloneNode(true);
    this.write(row, day, start, end, kind);
    return row;
  }

  write(row, day, start, end, kind) {
    this.field(row, "start").value = start;
    this.field(row, "end").value = end;
    this.field(row, "state").value = kind;
    if (row.parentNode !== this.days[day]) this.days[day].append(row);
    this.number();
  }

  remove(rows) {
    rows.forEach((row) => row.remove());
    this.number();
  }

  number() {
    this.days.forEach((lines, day) => {
      const rows = [...lines.querySelectorAll(".s-line")];
      rows.forEach((row, at) => {
        for (const name of ["start", "end", "state"]) this.field(row, name).name = `${name}-${day}-${at}`;
        const [from, to] = this.values(row), remove = row.querySelector("[name=op]");
        remove.value = `remove-${day}-${at}`;
        remove.setAttribute("aria-label", fill(this.words.remove, { day: this.words.days[day].toLowerCase(), from, to }));
      });
      lines.querySelector(".s-closed").hidden = rows.length > 0;
    });
  }

  snapshot() { return this.rows().map(({ row, day }) => [day, ...this.values(row)]); }

  restore(snapshot) {
    this.rows().forEach(({ row }) => row.remove());
    snapshot.forEach((line) => this.add(...line));
    this.number();
  }
}
