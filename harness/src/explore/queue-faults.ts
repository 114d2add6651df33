// What a queue may do that nobody hopes for: deliver again, in another order, or not any more.
import type { Choice } from "./decision.ts";
import type { LiveWorld } from "./live-world.ts";
import type { WorldProcess } from "./process.ts";
import type { WorldQueue } from "./queue.ts";

export function addQueueFaults(choices: Choice[], world: LiveWorld): void {
	const { faults, queues } = world;
	for (const queue of queues) {
		const servers = queue.servers();
		if (faults.has("redelivery")) addRedeliveries(choices, queue, servers);
		if (faults.has("reorder")) addReorders(choices, queue, servers);
		if (faults.has("exhausted")) addExhausted(choices, queue);
	}
}

function addRedeliveries(choices: Choice[], queue: WorldQueue, servers: readonly WorldProcess[]): void {
	const [oldest] = queue.deliverable();
	if (!oldest) return;
	for (const process of servers) {
		const label = `${queue.name}#${oldest.number}>${process.name}!again`;
		const title = `gets ${oldest.text} from ${queue.name}, and it will come once more`;
		const perform = () => queue.deliver(oldest, process, true);
		choices.push({ label, actor: process.name, title, fault: "redelivery", preempts: false, perform });
	}
}

function addReorders(choices: Choice[], queue: WorldQueue, servers: readonly WorldProcess[]): void {
	const [, ...later] = queue.deliverable();
	for (const message of later) {
		for (const process of servers) {
			const label = `${queue.name}#${message.number}>${process.name}!sooner`;
			const title = `gets ${message.text} from ${queue.name} before an older one`;
			const perform = () => queue.deliver(message, process, false);
			choices.push({ label, actor: process.name, title, fault: "reorder", preempts: false, perform });
		}
	}
}

function addExhausted(choices: Choice[], queue: WorldQueue): void {
	for (const message of queue.waiting) {
		if (message.deliveries === 0) continue;
		const label = `${queue.name}#${message.number}!exhausted`;
		const title = `gives ${message.text} up`;
		const perform = () => queue.giveUp(message);
		choices.push({ label, actor: queue.name, title, fault: "exhausted", preempts: false, perform });
	}
}
