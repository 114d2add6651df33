// What happens outside every process: each event when its moment has come, or never.

export interface PendingEvent {
	readonly number: number;
	readonly title: string;
	readonly happen: () => void;
}

export class Events {
	readonly pending: PendingEvent[] = [];
	#count = 0;

	/** Resolves when it happens. */
	expect(title: string): Promise<void> {
		return new Promise((happen) => {
			this.pending.push({ number: ++this.#count, title, happen });
		});
	}

	happen(event: PendingEvent): void {
		this.lose(event);
		event.happen();
	}

	lose(event: PendingEvent): void {
		this.pending.splice(this.pending.indexOf(event), 1);
	}

	/** In no order: which of them happens first is yet to be decided. */
	key(): string {
		const titles = this.pending.map(({ title }) => title);
		return titles.sort().join("\n");
	}
}
