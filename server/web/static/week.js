// The week as a grid: a view on the form beside it. Whatever is done here is written into the form's fields, and what is
// written there is drawn here; without this script the form alone does everything.
import { DAY, Lines, clock, fill, stretch } from "./week_lines.js";

const STEP = 15, SNAPSHOTS = 50;
const snap = (minute) => Math.round(minute / STEP) * STEP;
const within = (least, value, most) => Math.min(Math.max(value, least), most);

class Week {
  constructor(grid) {
    this.grid = grid;
    this.form = grid.closest("form");
    this.words = JSON.parse(grid.dataset.words);
    this.kinds = Object.keys(this.words.kinds);
    this.columns = [...grid.querySelectorAll(".h-column")];
    this.lines = new Lines(this.form, this.words);
    this.face = grid.querySelector("template[data-block]");
    this.status = grid.querySelector("[role=status]");
    this.blocks = [];
    this.past = [];
    this.tool = "move";
    this.listen();
    this.show(0);
    this.draw();
    grid.hidden = false;
    // What the grid cannot draw is to be put right in the numbers; and they are what one wants on paper.
    const numbers = this.form.querySelector(".h-numbers");
    numbers.open = this.blocks.length < this.lines.rows().length || Boolean(numbers.querySelector("[aria-invalid]"));
    window.addEventListener("beforeprint", () => { numbers.open = true; });
  }

  clock(minute) { return clock(minute, this.words.separator); }

  listen() {
    this.form.addEventListener("input", (event) => {
      if (event.target.closest(".s-lines")) { this.touched(); this.draw(); }
    });
    this.grid.addEventListener("click", (event) => this.pressed(event));
    this.grid.addEventListener("keydown", (event) => this.key(event));
    this.columns.forEach((column) => column.addEventListener("pointerdown", (event) => this.down(event, column)));
    this.sheet = document.querySelector("dialog[data-times]");
    this.copies = document.querySelector("dialog[data-copies]");
    this.sheet.addEventListener("close", () => this.typed());
    this.sheet.querySelector("form").addEventListener("submit", (event) => this.checkTyped(event));
    this.copies.addEventListener("close", () => this.copied());
    for (const button of this.copies.querySelectorAll("[data-days]")) {
      button.addEventListener("click", () => this.tick(button.dataset.days.split("").map(Number)));
    }
  }

  // --- between the form and the grid

  draw() {
    const known = new Map(this.blocks.map((block) => [block.row, block]));
    this.blocks = [];
    for (const { row, day } of this.lines.rows()) {
      const [start, end, kind] = this.lines.values(row), read = stretch(start, end);
      const block = known.get(row) || { row };
      known.delete(row);
      if (!read) { this.undraw(block); continue; }
      Object.assign(block, read, { day, kind });
      this.blocks.push(block);
    }
    known.forEach((block) => this.undraw(block));
    this.blocks.sort((one, other) => one.day - other.day || one.start - other.start || one.end - other.end);
    this.blocks.forEach((block) => this.place(block));
    this.columns.forEach((column, day) => this.order(column, this.blocks.filter((block) => block.day === day)));
    this.total();
  }

  undraw(block) {
    block.element?.remove();
    block.tail?.remove();
    block.element = block.tail = null;
  }

  place(block) {
    if (!block.element) {
      block.element = this.face.content.firstElementChild.cloneNode(true);
      block.element.block = block;
      block.tail = document.createElement("span");
      block.tail.className = "h-tail";
      block.tail.setAttribute("aria-hidden", "true");
    }
    const { element, tail, day, start, end, kind } = block;
    const home = this.columns[day].querySelector(".h-hours");
    if (element.parentNode !== home) this.move(element, home);
    element.style.top = `${(start / DAY) * 100}%`;
    element.style.height = `${((Math.min(end, DAY) - start) / DAY) * 100}%`;
    element.dataset.kind = tail.dataset.kind = kind;
    element.toggleAttribute("data-goes-on", end > DAY);
    element.toggleAttribute("data-clash", this.clashes(block));
    element.querySelector(".h-times").textContent = `${this.clock(start)}–${this.clock(end)}`;
    element.querySelector(".h-kind").textContent = this.words.kinds[kind];
    element.setAttribute("aria-label", this.named(block));
    if (end > DAY) {
      this.columns[(day + 1) % 7].querySelector(".h-hours").append(tail);
      tail.style.height = `${((end - DAY) / DAY) * 100}%`;
      tail.textContent = fill(this.words.until, { time: this.clock(end) });
    } else tail.remove();
  }

  // One goes through them by Tab in the order of the day.
  order(column, blocks) {
    const wanted = blocks.map((block) => block.element);
    const found = [...column.querySelectorAll(".h-block")];
    if (wanted.some((element, at) => element !== found[at])) {
      wanted.forEach((element) => this.move(element, column.querySelector(".h-hours")));
    }
  }

  // A moved element loses the keyboard; give it back.
  move(element, home) {
    const had = document.activeElement === element;
    home.append(element);
    if (had) element.focus();
  }

  clashes(block) {
    return this.blocks.some((other) => other !== block && other.day === block.day && other.kind === block.kind
      && other.start < block.end && block.start < other.end);
  }

  named(block) {
    const name = fill(this.words.block, {
      day: this.words.days[block.day], kind: this.words.kinds[block.kind].toLowerCase(),
      from: this.clock(block.start), to: this.clock(block.end),
    });
    const next = block.end > DAY ? `, ${this.words.nextDay}` : "";
    return name + next + (this.clashes(block) ? `, ${this.words.clash}` : "");
  }

  write(block) {
    this.lines.write(block.row, block.day, this.clock(block.start), this.clock(block.end), block.kind);
    this.touched();
  }

  touched() {
    this.form.querySelector(".h-unsaved").hidden = false;
  }

  total() {
    const length = (kinds) => this.words.days.reduce((sum, _, day) => {
      const found = this.blocks.filter((block) => block.day === day && kinds.includes(block.kind));
      let over = 0, minutes = 0;
      for (const { start, end } of found.sort((one, other) => one.start - other.start)) {
        minutes += Math.max(0, end - Math.max(start, over));
        over = Math.max(over, end);
      }
      return sum + minutes;
    }, 0) / 60;
    const shown = (hours) => hours.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
    this.grid.querySelector(".h-total").textContent = fill(this.words.total, {
      all: shown(length(this.kinds)), staffed: shown(length(["staffed"])),
    });
  }

  say(sentence) { this.status.textContent = sentence; }

  // --- what can be undone

  remember() {
    this.past = [...this.past.slice(1 - SNAPSHOTS), this.lines.snapshot()];
    this.grid.querySelector("[data-undo]").disabled = false;
  }

  undo() {
    const before = this.past.pop();
    if (!before) return;
    this.lines.restore(before);
    this.draw();
    this.grid.querySelector("[data-undo]").disabled = this.past.length === 0;
    this.say(this.words.undone);
  }

  add(day, start, end, kind) {
    if (this.lines.isFull(day)) { this.say(this.words.full); return null; }
    const row = this.lines.add(day, this.clock(start), this.clock(end), kind);
    this.touched();
    this.draw();
    return this.blocks.find((block) => block.row === row);
  }

  remove(block) {
    this.remember();
    const said = this.named(block), day = block.day;
    this.lines.remove([block.row]);
    this.touched();
    this.draw();
    const next = this.blocks.find((other) => other.day === day);
    (next ? next.element : this.columns[day].querySelector("[data-add]")).focus();
    this.say(fill(this.words.removed, { block: said }));
  }

  change(block, wanted) {
    Object.assign(block, wanted);
    this.write(block);
    this.draw();
    this.say(this.named(block));
  }

  // --- keys

  key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") { event.preventDefault(); this.undo(); return; }
    const block = event.target.block;
    if (!block || event.ctrlKey || event.metaKey) return;
    const wanted = this.wanted(block, event);
    if (wanted === undefined) return;
    event.preventDefault();
    if (event.key === "Delete" || event.key === "Backspace") { this.remove(block); return; }
    if (wanted === null) return;
    this.remember();
    this.change(block, wanted);
    if ("day" in wanted) this.show(wanted.day, block.element);
  }

  // What a key asks of a block: undefined where it is none of ours, null where it asks for what cannot be.
  wanted({ day, start, end }, { key, shiftKey, altKey }) {
    if (key === "Delete" || key === "Backspace") return null;
    if (key === "ArrowLeft" || key === "ArrowRight") {
      const to = day + (key === "ArrowLeft" ? -1 : 1);
      return to < 0 || to > 6 || this.lines.isFull(to) ? null : { day: to };
    }
    if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
    const step = key === "ArrowUp" ? -STEP : STEP;
    if (shiftKey) {
      const to = within(start + STEP, end + step, start + DAY);
      // Twenty-four hours to the minute cannot be written as two times of day, unless they are a whole date.
      return to === end || (to === start + DAY && start > 0) ? null : { end: to };
    }
    if (altKey) {
      const from = within(0, start + step, Math.min(end - STEP, DAY - STEP));
      return from === start || (end === from + DAY && from > 0) ? null : { start: from };
    }
    const from = within(0, start + step, DAY - STEP);
    return from === start || (end - start === DAY) ? null : { start: from, end: end + from - start };
  }

  // --- mouse, pen and finger

  minuteAt(column, y) {
    const box = column.querySelector(".h-hours").getBoundingClientRect();
    return ((y - box.top) / box.height) * DAY;
  }

  dayAt(x, otherwise) {
    const found = this.columns.findIndex((column) => {
      const box = column.getBoundingClientRect();
      return box.width > 0 && x >= box.left && x < box.right;
    });
    return found < 0 ? otherwise : found;
  }

  down(event, column) {
    if (event.button !== 0 || !event.target.closest(".h-hours")) return;
    const element = event.target.closest(".h-block");
    const drawing = this.tool !== "move";
    if (element && !drawing) this.grab(event, element);
    else if (event.pointerType === "mouse" || drawing) this.begin(event, column);
    else this.tap = { column, y: event.clientY, leaves: document.activeElement?.closest(".h-block") };
  }

  follow(event, target, moved, dropped) {
    const from = { x: event.clientX, y: event.clientY };
    let far = false;
    const on = (now) => {
      far = far || Math.hypot(now.clientX - from.x, now.clientY - from.y) > 4;
      if (far) moved(now, from);
    };
    const off = (now) => {
      target.removeEventListener("pointermove", on);
      target.removeEventListener("pointerup", off);
      target.removeEventListener("pointercancel", off);
      dropped(far, now.type === "pointercancel");
    };
    target.setPointerCapture(event.pointerId);
    target.addEventListener("pointermove", on);
    target.addEventListener("pointerup", off);
    target.addEventListener("pointercancel", off);
  }

  grab(event, element) {
    const block = element.block, was = { day: block.day, start: block.start, end: block.end };
    const chosen = document.activeElement === element;
    if (event.pointerType !== "mouse" && !chosen) return;
    const edge = event.target.closest("[data-edge]")?.dataset.edge;
    event.preventDefault();
    element.focus();
    // The column outlives the drag; the block may be hung into another one on the way.
    this.follow(event, this.grid, (now, from) => {
      this.columns[block.day].parentNode.toggleAttribute("data-dragging", true);
      Object.assign(block, this.dragged(was, edge, now, from));
      this.place(block);
    }, (far, cancelled) => {
      this.grid.querySelector(".h-week").removeAttribute("data-dragging");
      const ended = { day: block.day, start: block.start, end: block.end };
      Object.assign(block, was);
      if (!far && chosen) this.type(block);
      if (!far) return;
      element.dragged = true;
      if (cancelled || (ended.day !== was.day && this.lines.isFull(ended.day))) { this.place(block); return; }
      this.remember();
      this.change(block, ended);
    });
  }

  dragged(was, edge, now, from) {
    const column = this.columns[was.day];
    const by = snap(this.minuteAt(column, now.clientY) - this.minuteAt(column, from.y));
    const least = STEP, most = DAY - STEP;
    if (edge === "start") return { start: within(Math.max(0, was.end - most), was.start + by, Math.min(was.end, DAY) - least) };
    if (edge === "end") return { end: within(was.start + least, was.end + by, was.start + (was.start ? most : DAY)) };
    const start = within(0, was.start + by, most);
    if (was.end - was.start === DAY) return { day: this.dayAt(now.clientX, was.day) };
    return { day: this.dayAt(now.clientX, was.day), start, end: start + was.end - was.start };
  }

  begin(event, column) {
    const day = Number(column.dataset.day), at = this.minuteAt(column, event.clientY);
    const kind = this.tool === "move" ? this.kinds[0] : this.tool;
    const leaves = this.tool === "move" && document.activeElement?.closest(".h-block");
    const first = within(0, Math.floor(at / STEP) * STEP, DAY - STEP);
    let block = null;
    event.preventDefault();
    if (leaves) document.activeElement.blur();
    this.follow(event, this.grid, (now) => {
      if (!block) {
        this.remember();
        block = this.add(day, first, first + STEP, kind);
        if (!block) return;
      }
      const to = within(0, snap(this.minuteAt(column, now.clientY)), DAY);
      block.start = to < first ? to : first;
      block.end = to < first ? first + STEP : Math.max(to, first + STEP);
      this.place(block);
    }, (far, cancelled) => {
      if (cancelled && block) { this.undo(); return; }
      if (block) { this.change(block, {}); block.element.focus(); return; }
      if (!far && !leaves) this.put(day, first, kind);
    });
  }

  // An hour where one tapped.
  put(day, minute, kind) {
    const start = within(0, Math.floor(minute / 60) * 60, DAY - 60);
    if (this.lines.isFull(day)) { this.say(this.words.full); return; }
    this.remember();
    const block = this.add(day, start, start + 60, kind);
    block.element.focus();
    this.say(fill(this.words.added, { block: this.named(block) }));
  }

  pressed(event) {
    const of = (selector) => event.target.closest(selector);
    if (of("[data-undo]")) this.undo();
    else if (of("[data-tool]")) this.choose(of("[data-tool]").dataset.tool);
    else if (of("[data-show]")) this.show(Number(of("[data-show]").dataset.show));
    else if (of("[data-add]")) this.type(null, Number(of(".h-column").dataset.day));
    else if (of("[data-copy]")) this.copy(Number(of(".h-column").dataset.day));
    else if (of(".h-block")) {
      // From a key (detail 0); what a pointer does has been done when it was lifted.
      const element = of(".h-block");
      if (event.detail === 0) this.type(element.block);
      else if (!element.dragged) element.focus();
      element.dragged = false;
    } else if (this.tap && of(".h-hours") && !this.tap.leaves) {
      this.put(Number(this.tap.column.dataset.day), this.minuteAt(this.tap.column, this.tap.y), this.kinds[0]);
    }
    this.tap = null;
  }

  choose(tool) {
    this.tool = tool;
    this.grid.dataset.mode = tool;
    for (const button of this.grid.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    }
  }

  // On a phone one day is seen at a time.
  show(day, keep) {
    this.columns.forEach((column, at) => column.toggleAttribute("data-shown", at === day));
    for (const button of this.grid.querySelectorAll("[data-show]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.show) === day));
    }
    keep?.focus();
  }

  // --- typing exact times

  type(block, day = block.day) {
    const taken = this.blocks.filter((other) => other.day === day).map((other) => other.kind);
    const kind = this.tool === "move" ? this.kinds.find((name) => !taken.includes(name)) || this.kinds[0] : this.tool;
    const proposed = kind === "staffed" ? [600, 1080] : [360, 1320];
    this.typing = { block, day };
    const [from, to, state] = ["from", "to", "kind"].map((name) => this.sheet.querySelector(`[name=${name}]`));
    from.value = this.clock(block ? block.start : proposed[0]);
    to.value = this.clock(block ? block.end : proposed[1]);
    state.value = block ? block.kind : kind;
    this.sheet.querySelector("[data-day]").textContent = this.words.days[day];
    this.sheet.querySelector("[data-remove]").hidden = !block;
    this.wrong(false);
    this.sheet.returnValue = "";
    this.sheet.showModal();
    from.select();
  }

  times() {
    return stretch(...["from", "to"].map((name) => this.sheet.querySelector(`[name=${name}]`).value));
  }

  wrong(is) {
    this.sheet.querySelector(".ds-validation-message").hidden = !is;
    for (const name of ["from", "to"]) {
      this.sheet.querySelector(`[name=${name}]`).setAttribute("aria-invalid", String(is));
    }
  }

  checkTyped(event) {
    if (event.submitter?.value !== "keep" || this.times()) return;
    event.preventDefault();
    this.wrong(true);
    this.sheet.querySelector("[name=from]").focus();
  }

  typed() {
    const { block, day } = this.typing, answer = this.sheet.returnValue, read = this.times();
    const kind = this.sheet.querySelector("[name=kind]").value;
    let shown = block;
    if (answer === "remove") { this.remove(block); return; }
    if (answer === "keep" && read) {
      if (!block && this.lines.isFull(day)) { this.say(this.words.full); return; }
      this.remember();
      if (block) this.change(block, { ...read, kind });
      else {
        shown = this.add(day, read.start, read.end, kind);
        this.say(fill(this.words.added, { block: this.named(shown) }));
      }
    }
    (shown ? shown.element : this.columns[day].querySelector("[data-add]")).focus();
  }

  // --- copying a day

  copy(day) {
    this.copying = day;
    this.copies.querySelector("[data-day]").textContent = this.words.days[day];
    for (const box of this.boxes()) {
      box.checked = false;
      box.disabled = Number(box.value) === day;
    }
    this.copies.returnValue = "";
    this.copies.showModal();
  }

  boxes() { return [...this.copies.querySelectorAll("[type=checkbox]")]; }

  tick(days) {
    for (const box of this.boxes()) box.checked = !box.disabled && days.includes(Number(box.value));
  }

  copied() {
    const from = this.copying, days = this.boxes().filter((box) => box.checked).map((box) => Number(box.value));
    this.columns[from].querySelector("[data-copy]").focus();
    if (this.copies.returnValue !== "keep" || !days.length) return;
    this.remember();
    const rows = this.lines.rows();
    const copies = rows.filter(({ day }) => day === from).map(({ row }) => this.lines.values(row));
    this.lines.remove(rows.filter(({ day }) => days.includes(day)).map(({ row }) => row));
    days.forEach((day) => copies.forEach((values) => this.lines.add(day, ...values)));
    this.touched();
    this.draw();
    this.say(fill(this.words.copied, { day: this.words.days[from], days: days.map((day) => this.words.days[day]).join(", ") }));
  }
}

for (const grid of document.querySelectorAll("[data-week-grid]")) new Week(grid);
