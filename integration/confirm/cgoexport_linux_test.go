package confirm

import (
	"os/exec"
	"regexp"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
)

// TestCallbacks runs a server that C calls back, with the default scenario: nothing
// in it panics by itself, and nobody sends it the signal that C handles.
func TestCallbacks(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no C compiler: ", err)
	}
	const folder = "integration/confirm/testdata/callbacks"
	dir := root(t)
	related := func(f *finding.Finding, file, text, message string) {
		f.Related = append(f.Related, finding.Related{Posn: at(t, dir, folder+"/"+file, text, "").Posn, Message: message})
	}
	drain := at(t, dir, folder+"/main.go", "onTick(n C.int)", "cgoexport/drain")
	related(drain, "main.go", "syscall.Exec(", "the process is replaced here")
	related(drain, "bus.c", "pthread_create(", "the thread is started here")
	thrown := at(t, dir, folder+"/main.go", "h(int(n))", "cgoexport/panic")
	thrown.End = thrown.Posn
	thrown.End.Column += len("h(int(n))")
	related(thrown, "main.go", "onRequest(id, n C.int)", relatedEntry)
	handler := at(t, dir, folder+"/main.go", "onUser(number C.int)", "cgoexport/signal")
	related(handler, "bus.c", "a.sa_handler", relatedInstalled)
	plain := at(t, dir, folder+"/main.go", "return -1", "cgoexport/panic")
	plain.ID, plain.Message = "turned away", messageValue
	related(plain, "main.go", "onRequest(id, n C.int)", relatedEntry)

	r, err := Run(t.Context(), options(t, dir, "./"+folder), []*finding.Finding{drain, thrown, handler, plain})
	if err != nil {
		t.Fatal(err)
	}
	text := describe(r)
	for _, want := range []string{
		`id-cgoexport/drain confirmed.*\n.* cut by exec before the work was finished\n.*right before the exec: .* main\.onTick \(main\.go:\d+\)`,
		`id-cgoexport/panic confirmed: a panic at this place leaves.*\n.*hotvet put at main\.go:\d+.* left main\.onRequest into C; a function of Go behind C recovered it`,
		`id-cgoexport/signal confirmed.*\n.*(exit status 2 in a callback of C: runtime: morestack on g0|was sent SIGUSR1, whose handler in C calls the export at main\.go:\d+: killed by SIGSEGV)`,
		`turned away unreached: C called the export \d+ times, and nothing panicked in it`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("want %s:\n%s", want, text)
		}
	}
}
