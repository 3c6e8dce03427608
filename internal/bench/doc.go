// Package bench measures what hisseki costs beside a milter that does nothing: directly
// over the milter protocol, through a private Postfix, and with stores of many senders.
// It holds benchmarks only. The rounds of all contestants take turns in one run, so that
// a busy machine is busy for all of them: their ratios count, absolute figures do not.
//
// BENCH_MAILS names a folder with a timeline.jsonl, whose mails are sent then; without
// it composed ones are.
package bench
