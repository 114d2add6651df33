// What a page does by itself: steps forward and back by keyboard, and copies the replay line. It works without, too.

export const PAGE_SCRIPT: string = `
"use strict";
const steps = [...document.querySelectorAll(".steps li")];
const marks = [...document.querySelectorAll(".mark")];
let current = -1;
function show(index) {
	if (!steps[index]) return;
	steps[current]?.classList.remove("current");
	marks[current]?.removeAttribute("aria-current");
	current = index;
	steps[index].classList.add("current");
	marks[index].setAttribute("aria-current", "step");
	const scroll = document.querySelector(".scroll"), mark = marks[index];
	scroll.scrollLeft = mark.offsetLeft - scroll.clientWidth / 2;
}
function follow() {
	show(steps.findIndex((step) => "#" + step.id === location.hash));
}
function go(index) {
	const step = steps[Math.max(0, Math.min(steps.length - 1, index))];
	if (step) location.replace("#" + step.id);
}
if (steps.length > 0) {
	document.querySelector(".steps").classList.add("live");
	show(steps.length - 1);
	follow();
	addEventListener("hashchange", follow);
	addEventListener("keydown", (event) => {
		if (event.altKey || event.ctrlKey || event.metaKey) return;
		const to = { n: current + 1, ArrowRight: current + 1, p: current - 1, ArrowLeft: current - 1, e: steps.length - 1 }[event.key];
		if (to === undefined) return;
		event.preventDefault();
		go(to);
	});
}
document.querySelector("button")?.addEventListener("click", async ({ target }) => {
	const line = document.querySelector(".replay code");
	try {
		await navigator.clipboard.writeText(line.textContent);
		target.textContent = "copied";
	} catch {
		getSelection().selectAllChildren(line);
	}
});
`.trim();
