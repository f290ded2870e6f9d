// A hint on a stage's name while it is being typed: <input data-hint="/setup/funnels/hint/" data-naming data-language>,
// shown in the .naming-hint beside it; [data-better] puts the better name in.
const PAUSE = 300 // milliseconds without a letter
let timer

const place = input => input.closest(".column-head, .field")?.querySelector(".naming-hint")

document.addEventListener("input", ({ target }) => {
  if (!target.matches?.("[data-hint]")) return
  clearTimeout(timer)
  timer = setTimeout(() => ask(target), PAUSE)
})

async function ask(input) {
  const typed = input.value
  const address = new URL(input.dataset.hint, location.href)
  for (const name of ["naming", "language"]) address.searchParams.set(name, input.dataset[name])
  address.searchParams.set("name", typed)
  const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null)
  const hint = place(input)
  if (answer?.ok && hint && input.value === typed) hint.innerHTML = await answer.text()
}

document.addEventListener("click", ({ target }) => {
  const better = target.closest("[data-better]")
  const hint = better?.closest(".naming-hint")
  if (!hint) return
  const inputs = [...hint.closest(".column-head, .field").querySelectorAll("[data-hint]")]
  const input = inputs.find(one => one.checkVisibility?.() !== false) ?? inputs[0]
  input.value = better.dataset.better
  hint.replaceChildren()
  for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true }))
  input.focus()
})
