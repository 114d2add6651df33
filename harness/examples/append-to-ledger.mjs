#!/usr/bin/env node
// An example function: appends one line to a ledger, a file of its own for each run of `session-lease`.
//
// Its arguments come on standard input as JSON, its answer goes to standard output. The key in each line is the same
// whenever a call is tried again, so that the lines show what ran twice.
import { appendFileSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [kind = "entry"] = process.argv.slice(2);
const details = JSON.parse(readFileSync(0, "utf8"));
const { SESSION_LEASE_IDEMPOTENCY_KEY: key, SESSION_LEASE_EPOCH: epoch, LEDGER } = process.env;
const ledger = LEDGER ?? join(tmpdir(), `session-lease-ledger-${process.ppid}.jsonl`);

appendFileSync(ledger, `${JSON.stringify({ kind, key, epoch: Number(epoch), ...details })}\n`);
const lines = readFileSync(ledger, "utf8").trimEnd().split("\n").length;
process.stdout.write(JSON.stringify(`line ${lines} of ${ledger}`));
