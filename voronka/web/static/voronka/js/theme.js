// Theme and rail: the choice shows at once; the server keeps the theme with the person, the browser keeps the rail.
const page = document.documentElement

function fold(folded) {
  page.dataset.rail = folded ? "folded" : "open"
  localStorage.setItem("rail", page.dataset.rail)
}

document.addEventListener("click", event => {
  const theme = event.target.closest("[data-theme-choice]")
  if (theme) {
    page.dataset.theme = theme.dataset.themeChoice
    for (const other of document.querySelectorAll("[data-theme-choice]")) other.setAttribute("aria-pressed", other === theme)
    document.dispatchEvent(new CustomEvent("theme:change"))
  }
  const group = page.dataset.rail === "folded" && event.target.closest(".rail-group > summary")
  if (group) { // a folded rail has no room for a group's entries: unfold it and show them
    if (group.parentElement.open) event.preventDefault()
    fold(false)
  }
  if (event.target.closest("[data-rail-toggle]")) fold(page.dataset.rail !== "folded")
})
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.dispatchEvent(new CustomEvent("theme:change"))
})

/** The value of a design token as the browser computes it now, e.g. color("--accent") for a chart. */
export function color(token) {
  const probe = document.createElement("span")
  probe.style.cssText = `display:none;color:var(${token})`
  document.body.append(probe)
  const value = getComputedStyle(probe).color
  probe.remove()
  return value
}
