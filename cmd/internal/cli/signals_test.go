package cli

import "testing"

func TestSignalUse(t *testing.T) {
	for _, test := range []struct {
		name            string
		use             signalUse
		reload, restart string
	}{
		{"nothing", signalUse{}, "", ""},
		{"server", signalUse{"caught": {"SIGHUP", "SIGUSR2", "SIGTERM"}, "replace": {"SIGUSR2"}, "exit": {"SIGTERM"}}, "SIGHUP", "SIGUSR2"},
		{"restart on hangup", signalUse{"caught": {"SIGHUP", "SIGUSR1"}, "replace": {"SIGHUP"}}, "SIGUSR1", "SIGHUP"},
		{"hangup ends it", signalUse{"caught": {"SIGHUP"}, "exit": {"SIGHUP"}}, "", ""},
		{"restart out of sight", signalUse{"caught": {"SIGHUP", "SIGUSR2"}}, "SIGHUP", "SIGUSR2"},
		{"only ends", signalUse{"caught": {"SIGTERM", "SIGINT"}}, "", ""},
	} {
		if got := test.use.reload(); got != test.reload {
			t.Errorf("%s: reload is %q, want %q", test.name, got, test.reload)
		}
		if got := test.use.restart(); got != test.restart {
			t.Errorf("%s: restart is %q, want %q", test.name, got, test.restart)
		}
	}
}
