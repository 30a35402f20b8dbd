package cli

import (
	"slices"

	"github.com/hotvet/hotvet/cmd/internal/unit"
)

// A signalUse says for which signals a program waits, and which of them end it, by
// the categories of the analyzer that tells.
type signalUse map[string][]string

func (u signalUse) add(list []unit.Diagnostic) {
	for _, d := range list {
		if !slices.Contains(u[d.Category], d.Message) {
			u[d.Category] = append(u[d.Category], d.Message)
		}
	}
}

// usual are the signals by which services are told to reload or to replace
// themselves, the most usual first.
var (
	usualRestart = []string{"SIGUSR2", "SIGHUP", "SIGUSR1"}
	usualReload  = []string{"SIGHUP", "SIGUSR1", "SIGUSR2"}
)

// restart returns the signal on which the program replaces itself; where that
// cannot be seen, the usual one, if the program waits for it. It is empty when
// there is none.
func (u signalUse) restart() string {
	for _, name := range usualRestart {
		if slices.Contains(u["replace"], name) {
			return name
		}
	}
	if slices.Contains(u["caught"], usualRestart[0]) {
		return usualRestart[0]
	}
	return ""
}

// reload returns the signal on which the program goes on and may reload, empty
// when there is none.
func (u signalUse) reload() string {
	for _, name := range usualReload {
		if slices.Contains(u["caught"], name) && !slices.Contains(u["replace"], name) &&
			!slices.Contains(u["exit"], name) && name != u.restart() {
			return name
		}
	}
	return ""
}
