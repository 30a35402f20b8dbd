package confirm

import (
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
)

// TestChildLeft restarts a service whose first process ends by itself while it is
// asked to, so that its child is left. What that has not written yet is not lost.
func TestChildLeft(t *testing.T) {
	dir := root(t)
	const folder = "integration/confirm/testdata/childleft"
	o := options(t, dir, "./"+folder)
	o.Scenario.Reload, o.Scenario.Restart = nil, []Step{{Signal: "USR2"}}
	f := spanning(t, dir, folder+"/main.go", "pprof.StartCPUProfile", "pprof.StartCPUProfile(profile)", "profilestop/exit",
		"the process exits here, deferred calls do not run", "os.Exit(0)")
	expect(t, o, []*finding.Finding{f}, finding.Refuted)
}
