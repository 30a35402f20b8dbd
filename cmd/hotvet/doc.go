// Hotvet finds what breaks when a Go program is updated while it runs: when it
// re-executes itself, reloads its configuration or swaps a library.
//
// Usage:
//
//	hotvet [check] [flags] [packages]
//	hotvet confirm [flags] package
//	hotvet report [flags] stream
//	hotvet explain [analyzer]
//	hotvet version
//	go vet -vettool=$(which hotvet) [packages]
//
// A check runs the analyzers through the go command, which builds the packages
// and caches the results. Confirm runs a program and says of each finding whether
// the loss was observed; report renders a saved stream. "hotvet COMMAND -h" lists
// the flags of a command.
//
// # Exit status
//
// In every format: 0 when there is nothing to report; 1 when hotvet failed or
// something could not be analyzed, for instance because no package matched or
// one does not type-check; 2 for a wrong command line; 3 for findings,
// confirmed ones where the program was run.
//
// As a vet tool it follows the go command, which exits with 1 for findings, and
// with 0 when asked for JSON.
//
// # Suppressing a finding
//
// A comment on the line of the finding, or on the line above, holds it back:
//
//	//hotvet:ignore NAME[/kind] reason
//
// A directive without a reason is a finding itself, and so is one that
// suppresses nothing or names no analyzer. A file of known findings, made by
// -write-baseline and read by -baseline, holds back what was there before.
package main
