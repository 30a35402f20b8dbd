// Package hotvetignore defines an Analyzer that finds //hotvet:ignore directives
// that can have no effect.
//
// # Analyzer hotvetignore
//
// hotvetignore: ignore directives that name no analyzer
//
// A misspelled directive suppresses nothing, today or after the next edit, while
// its reader believes that the hazard below has been judged.
//
//   - unknown: the directive names an analyzer that does not exist
//   - malformed: the directive does not have the form NAME[/kind] reason
//
// Wrong:
//
//	//hotvet:ignore profilstop/exec the supervisor profiles this process
//	err := syscall.Exec(path, os.Args, os.Environ())
//
// Right:
//
//	//hotvet:ignore profilestop/exec the supervisor profiles this process
//	err := syscall.Exec(path, os.Args, os.Environ())
//
// Silent: when the name is known. A directive without a reason, or one that
// suppresses nothing, is reported by the analyzer that it names.
//
// Confirmed: by reading; nothing runs.
package hotvetignore
