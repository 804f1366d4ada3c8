// Live progress: asks every few seconds how batches in work stand, and says what the server says.
const PAUSE = 3000;

async function look(part) {
  const answer = await fetch(part.dataset.progress, { headers: { accept: "application/json" } });
  if (!answer.ok) return answer.status !== 404 && answer.status !== 403;
  const told = await answer.json();
  part.querySelector("progress").value = told.percent;
  const said = part.querySelector("[data-said]");
  if (said.textContent !== told.said) said.textContent = told.said;
  if (!told.working) location.reload();
  return told.working;
}

async function follow(part) {
  let goes = true;
  while (goes) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    if (document.hidden) continue;
    try {
      goes = await look(part);
    } catch {
      goes = true; // the server is away for a moment
    }
  }
}

for (const part of document.querySelectorAll("[data-progress]")) follow(part);
