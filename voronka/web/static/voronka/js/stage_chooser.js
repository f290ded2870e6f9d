// The dialog that asks to which stage a card goes: by a click, or by the number of the stage.
import { icon, make, text } from "app/texts"

/**
 * Ask. `stages`: {id, name, color, here, closed}; `word(name)`: the words of the board; `other`: what stands for another
 * funnel, if there is one; `chosen(stage)` hears the answer; `several()` begins to pick several cards instead.
 */
export function chooseStage(title, stages, { word, other, chosen, several }) {
  const list = make("div", { class: "choice-list stage-choice" })
  stages.forEach(({ id, name, color, here, closed }, number) => {
    const button = make("button", { type: "button", class: `btn btn-ghost ${color}`, "data-key": number < 9 ? number + 1 : null },
      make("span", { class: "dot" }), make("span", { class: "grow" }, name))
    if (here) button.append(make("span", { class: "text-xs text-muted" }, word("here")))
    else if (number < 9) button.append(make("kbd", {}, String(number + 1)))
    button.disabled = here || closed
    button.addEventListener("click", () => chosen(id))
    list.append(button)
  })
  const further = (picture, name, act) => {
    const button = make("button", { type: "button", class: "btn btn-ghost" }, icon(picture), make("span", { class: "grow" }, word(name)))
    button.addEventListener("click", act)
    list.append(button)
    return button
  }
  if (other) further("route", "other", () => chosen(other))
  if (several) further("list-check", "several", several).dataset.close = ""
  const close = make("button", { type: "button", class: "btn btn-ghost btn-icon", "data-close": "", "aria-label": text("close") }, icon("x"))
  const content = make("div", {}, make("div", { class: "dialog-head" }, make("h2", {}, word("to")), close),
    make("div", { class: "dialog-content" }, make("p", { class: "text-sm text-secondary truncate" }, title), list))
  document.dispatchEvent(new CustomEvent("keys:dialog", { detail: content }))
  list.querySelector(":enabled")?.focus()
}
