// Package golangci is hotvet as a module plugin of golangci-lint. It is a module
// of its own, so that hotvet itself does not depend on golangci-lint's registry
// of plugins; golangci-lint, whose license is the GPL, is no dependency of
// either. To build golangci-lint with it see cmd/hotvet-golangci.
//
// # Configuration
//
// golangci-lint v2.14.0 or later is needed, as earlier ones lose facts about
// packages that were analyzed before. This .golangci.yml shows all findings:
//
//	version: "2"
//	linters:
//	  enable:
//	    - hotvet
//	  settings:
//	    custom:
//	      hotvet:
//	        type: module
//	        description: finds what breaks when a program is updated while it runs
//	        original-url: github.com/hotvet/hotvet
//	        settings:
//	          severity: warning
//	          disable: [cgoexport]
//	issues:
//	  max-issues-per-linter: 0
//	  max-same-issues: 0
//	  uniq-by-line: false
//
// Without the last part golangci-lint hides findings: after the third with the
// same text (max-same-issues), after the fiftieth of hotvet
// (max-issues-per-linter), and the second on one line (uniq-by-line), whichever
// linter has the first.
//
// # Settings
//
//   - enable: names of analyzers; only these run
//   - disable: names of analyzers that do not run
//   - severity: error, warning, info or hint; analyzers whose findings are less
//     severe do not run
//
// All may be left out, and then all analyzers run. A setting or a name that does
// not exist is an error, and so are settings that leave nothing to run.
//
// # Findings
//
// The name of the analyzer starts a finding, its kind and the other ends of the
// hazard follow in parentheses. Names of files are relative to the folder of the
// finding:
//
//	main.go:14:2: profilestop: cpu profile is lost and its timer outlives the replaced process (exec; main.go:20:9: the process is replaced here without a stop) (hotvet)
//
// So the findings of one analyzer, or of one kind, can be excluded, or be given
// a severity, which golangci-lint does not take from plugins:
//
//	linters:
//	  exclusions:
//	    rules:
//	      - linters: [hotvet]
//	        text: '^profilestop: '
//	      - linters: [hotvet]
//	        text: '^configswap: .* \(pointer[;)]'
//	severity:
//	  default: error
//	  rules:
//	    - linters: [hotvet]
//	      text: '^(structcast|cgoexport): '
//	      severity: warning
//
// A comment //nolint:hotvet holds back all of hotvet on its line. The directive
// //hotvet:ignore NAME[/kind] reason, which every driver understands, holds back
// one analyzer and wants a reason.
//
// With --fix the first fix of a finding is applied.
package golangci
