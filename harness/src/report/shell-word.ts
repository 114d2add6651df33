// A text as one word of a shell's command line: replay strings have spaces, bars and exclamation marks.

/** For POSIX shells. Plain words stay as they are. */
export function shellWord(text: string): string {
	return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
