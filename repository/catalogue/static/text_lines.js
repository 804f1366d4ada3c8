// Line after line by Enter; says where the number of words is no longer the one that was read.

const form = document.getElementById("text-lines");
const inputs = [...form.querySelectorAll("input[data-words]")];

function look(input) {
  const words = input.value.split(/\s+/).filter(Boolean).length;
  const differs = words !== Number(input.dataset.words);
  const told = input.parentElement.querySelector("[role=status]");
  input.classList.toggle("changed", input.value !== input.defaultValue);
  if (told.textContent !== (differs ? form.dataset.words : "")) told.textContent = differs ? form.dataset.words : "";
}

inputs.forEach((input, at) => {
  input.addEventListener("input", () => look(input));
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey) return;
    event.preventDefault();
    (inputs[at + 1] || form.querySelector("button")).focus();
  });
  look(input);
});
