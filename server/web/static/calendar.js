// The month by keyboard: arrows from day to day, Home and End within the week, Page Up and Down turn the month.
// Everything is a link that works without this.
(() => {
  const month = document.getElementById("month")

  if (month) {
    const days = [...month.querySelectorAll("a[data-day]")]
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }
    const go = day => {
      for (const each of days) each.tabIndex = each === day ? 0 : -1
      day.focus()
    }
    const target = (key, at) => {
      if (key in steps) return at + steps[key]
      if (key === "Home") return at - (at % 7)
      if (key === "End") return at - (at % 7) + 6
      return null
    }
    // Where a month begins again after it was turned: the day that was asked for.
    const asked = days.find(day => "#" + day.dataset.day === location.hash)
    if (asked) go(asked)

    month.addEventListener("keydown", event => {
      const at = days.indexOf(event.target.closest("a[data-day]"))
      if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return
      if (event.key === "PageUp" || event.key === "PageDown") {
        event.preventDefault()
        turn(event.key === "PageUp" ? "month-before" : "month-after")
        return
      }
      const to = target(event.key, at)
      if (to === null) return
      event.preventDefault()
      if (to >= 0 && to < days.length) go(days[to])
      else turn(to < 0 ? "month-before" : "month-after", days[at].dataset.day, to - at)
    })

    // Over the edge: the month beyond, on the day one would have come to.
    const turn = (id, from, step) => {
      const link = document.getElementById(id)
      if (!link) return
      const day = from ? shifted(from, step) : firstOf(link)
      location.assign(link.href.split("#")[0] + "#" + day)
    }
    const shifted = (text, step) => {
      const [year, monthNumber, day] = text.split("-").map(Number)
      return new Date(Date.UTC(year, monthNumber - 1, day + step)).toISOString().slice(0, 10)
    }
    const firstOf = link => new URL(link.href).searchParams.get("month") + "-01"
  }

  // From a single day Escape goes back to its month.
  const back = document.getElementById("to-month")
  if (back) document.addEventListener("keydown", event => event.key === "Escape" && back.click())

  // Working out what many doors will do may take its time; whoever waits for more than a second sees that it goes on.
  const busy = document.getElementById("busy")
  if (busy) {
    let waiting
    document.querySelector(".c-form").addEventListener("submit", () => {
      waiting = setTimeout(() => (busy.hidden = false), 1000)
    })
    addEventListener("pageshow", () => {
      clearTimeout(waiting)
      busy.hidden = true
    })
  }

  // After a refused form the summary is what is read first; after saving, what was done.
  document.getElementById("wrong")?.focus()
  document.getElementById("done")?.focus()
})()
