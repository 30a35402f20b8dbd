package confirm

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// spanning returns a finding at text, which it spans, with related places given as
// pairs of a message and the text there.
func spanning(t *testing.T, dir, file, text, within, category string, related ...string) *finding.Finding {
	t.Helper()
	f := at(t, dir, file, within, category)
	f.Posn.Column += strings.Index(within, text)
	f.End = f.Posn
	f.End.Column += len(text)
	f.ID = category + " " + within
	for i := 0; i < len(related); i += 2 {
		f.Related = append(f.Related, finding.Related{
			Message: related[i], Posn: at(t, dir, file, related[i+1], category).Posn,
		})
	}
	return f
}

// expect runs the program and compares the verdicts.
func expect(t *testing.T, o Options, findings []*finding.Finding, want ...string) {
	t.Helper()
	r, err := Run(t.Context(), o, findings)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range r.Verdicts {
		if v.Result != want[i] {
			t.Errorf("%s is %s, want %s", findings[i].ID, v.Result, want[i])
		}
	}
	if t.Failed() {
		t.Log(describe(r))
	}
}

// TestReloads reloads a service that keeps its configuration in right and wrong
// ways. Both sides of each are counted, which must not put them into an order.
func TestReloads(t *testing.T) {
	dir := root(t)
	const folder = "integration/confirm/testdata/reloads"
	const file = folder + "/main.go"
	o := options(t, dir, "./"+folder)
	o.Scenario.Load = []Request{{URL: "/use", Concurrency: 2}, {URL: "/twice", Concurrency: 2}, {URL: "/once", Concurrency: 2}}
	o.Scenario.Reload, o.Scenario.Restart = []Step{{Signal: "HUP"}}, nil
	findings := []*finding.Finding{
		spanning(t, dir, file, "live.Load().limit", "live.Load().limit)", "configswap/mixed",
			"first version read here", "live.Load().name", "replaced here", "live.Store(read())"),
		spanning(t, dir, file, "c.limit", "c.limit)", "configswap/mixed",
			"first version read here", "c.name, c.limit", "replaced here", "live.Store(read())"),
		spanning(t, dir, file, "c", "c := live.Load()\n\tfor", "configswap/snapshot", "replaced here", "live.Store(read())"),
		spanning(t, dir, file, "c", "c := live.Load()\n\t\ttime", "configswap/snapshot", "replaced here", "live.Store(read())"),
	}
	want := []string{finding.Confirmed, finding.Refuted, finding.Confirmed, finding.Refuted}
	reason, err := build.NewBuilder(t.TempDir(), dir, nil).Supports(t.Context(), build.ModeRace, nil)
	if err != nil {
		t.Fatal(err)
	}
	if reason == "" {
		findings = append(findings,
			spanning(t, dir, file, "plain", "plain = read()", "configswap/pointer", "used here", "plain.name"),
			spanning(t, dir, file, "locked", "locked = read()", "configswap/pointer", "used here", "locked.name"),
			spanning(t, dir, file, "metered", "metered = c", "configswap/pointer", "used here", "metered.name"),
			spanning(t, dir, file, "requests", "requests++", "configswap/pointer", "used here", "plain.name"),
		)
		// A counter is not replaced by the reload; its race is on one line.
		want = append(want, finding.Confirmed, finding.Refuted, finding.Confirmed, finding.Unreached)
	} else {
		t.Log("without the race detector: ", reason)
	}
	expect(t, o, findings, want...)
}

// TestFree runs the programs of the corpus whose settings are in C memory.
func TestFree(t *testing.T) {
	dir := filepath.Join(root(t), "testdata", "hazards")
	reason, err := build.NewBuilder(t.TempDir(), dir, nil).Supports(t.Context(), build.ModeASan, nil)
	if err != nil || reason != "" {
		t.Skip("no address sanitizer: ", reason, err)
	}
	for _, test := range []struct{ folder, use, result string }{
		{"configswap/hazard/free", "current.Load()", finding.Confirmed},
		{"configswap/safe/free", "current // safe", finding.Refuted},
	} {
		o := options(t, dir, "./"+test.folder)
		o.Scenario = &Scenario{Ends: true, Limits: Limits{Run: Duration(20 * time.Second)}}
		o.Scenario.Defaults("", "")
		f := spanning(t, dir, test.folder+"/main.go", "C.free", "C.free(unsafe.Pointer(old))", "configswap/free", "used here", test.use)
		expect(t, o, []*finding.Finding{f}, test.result)
	}
}

// TestViper runs a service whose races are in a library, and its mended twin.
func TestViper(t *testing.T) {
	dir := filepath.Join(root(t), "testdata", "confirm", "viper")
	cmd := exec.Command("go", "list", "-deps", "./...")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOPROXY=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("viper is not in the module cache: %v\n%s", err, out)
	}
	reason, err := build.NewBuilder(t.TempDir(), dir, nil).Supports(t.Context(), build.ModeRace, nil)
	if err != nil || reason != "" {
		t.Skip("no race detector: ", reason, err)
	}
	for _, test := range []struct {
		pkg    string
		f      *finding.Finding
		result string
	}{
		{".", spanning(t, dir, "main.go", "viper.WatchConfig()", "viper.WatchConfig()", "configswap/map",
			"read here", "viper.GetString"), finding.Confirmed},
		{"./fixed", spanning(t, dir, "fixed/main.go", "current", "current.Store", "configswap/map",
			"used here", "current.Load().greeting"), finding.Refuted},
	} {
		o := options(t, dir, test.pkg)
		if o.Scenario, err = ReadScenario(filepath.Join(dir, "scenario.yaml")); err != nil {
			t.Fatal(err)
		}
		o.Scenario.Defaults("", "")
		expect(t, o, []*finding.Finding{test.f}, test.result)
	}
}
