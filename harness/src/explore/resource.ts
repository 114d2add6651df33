// What the processes of a world share.

export interface Resource {
	/** The same text for the same content. */
	key(): string;
	/** Answers how to bring the content back to what it is now. Without it, a rollback leaves the resource as it is. */
	save?(): () => void;
}
