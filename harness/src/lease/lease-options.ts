// What a holder can say when it writes, releases and forgets, and what a lease is made of.
import type { EpochHints } from "./hints.ts";
import type { ObserveLease } from "./observe.ts";
import type { HoldSettings, LeasePorts } from "./options.ts";
import type { OutboxEvent } from "./outbox.ts";
import type { StandardSchema } from "./schema.ts";

export interface WriteOptions {
	/** Whether the session is owed a wake if this holder ends here. @default true */
	readonly owed?: boolean;
	/** Events committed with the value, replacing those before. @default those before stay */
	readonly outbox?: readonly OutboxEvent[];
}

export interface ReleaseOptions<T> {
	/** The session's new value. @default the value stays as it is */
	readonly value?: T | undefined;
	/** Whether the session is still owed a wake. @default false: this holder has looked at all there was */
	readonly owed?: boolean;
	/** Every event that was committed is acknowledged. @default false */
	readonly outboxSent?: boolean;
}

export interface ForgetOptions {
	/** @default false */
	readonly owed?: boolean;
	/** The value has gone elsewhere, and may be adopted from there again. @default false: whatever is there is old */
	readonly adoptable?: boolean;
}

export interface LeaseContext<T> {
	readonly ports: LeasePorts;
	readonly hints: EpochHints;
	readonly observe: ObserveLease;
	readonly sessionId: string;
	readonly id: string;
	readonly settings: HoldSettings;
	readonly schema: StandardSchema<T> | undefined;
}
