package watch

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestDown: when profiles fail, the round says which, and the gap is alerted once.
func TestDown(t *testing.T) {
	f := serve(t)
	c := config(f.URL)
	c.Thresholds.MaxGap = time.Nanosecond
	w := watcher(t, c)
	round(t, w)
	f.Close()
	r := round(t, w)
	if len(r.Errors) != 1 || !strings.HasPrefix(r.Errors[0], errSilent.Error()) || len(r.Alerts) != 1 || !strings.Contains(r.Alerts[0], "no CPU profile for") {
		t.Errorf("%+v", r)
	}
	if text := r.Text(false); !strings.Contains(text, "nothing was taken") || !strings.Contains(text, "\talert: no CPU") {
		t.Errorf("text %s", text)
	}
	if r := round(t, w); len(r.Alerts) != 0 {
		t.Errorf("again: %q", r.Alerts)
	}
}

// TestNeverUp: a service that does not answer from the start is a gap too.
func TestNeverUp(t *testing.T) {
	f := serve(t)
	f.Close()
	c := config(f.URL)
	c.Thresholds.MaxGap = time.Nanosecond
	if r := round(t, watcher(t, c)); len(r.Alerts) != 1 || len(r.Errors) != 1 {
		t.Errorf("alerts %q, errors %q", r.Alerts, r.Errors)
	}
}

// TestHang: a service that takes requests and answers none is not asked for three
// profiles, each of which would be waited for.
func TestHang(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		<-r.Context().Done()
	}))
	defer server.Close()
	w := watcher(t, config(server.URL))
	w.source.brief = 50 * time.Millisecond
	r := round(t, w)
	if want := "no answer from the service: no whole answer within 50ms"; len(r.Errors) != 1 || r.Errors[0] != want || asked.Load() != 2 || r.Notes != nil {
		t.Errorf("errors %q, want %q; notes %q, %d asked", r.Errors, want, r.Notes, asked.Load())
	}
}

// TestPart: what the service does not have is missing, and named; the rest is taken.
func TestPart(t *testing.T) {
	f := serve(t)
	delete(f.bodies, "heap")
	delete(f.bodies, "cmdline")
	r := round(t, watcher(t, config(f.URL)))
	if want := "heap: there is no such URL: " + f.URL + "/debug/pprof/heap"; len(r.Errors) != 1 || r.Errors[0] != want || len(r.Profiles) != 2 {
		t.Errorf("errors %q, want %q; %v", r.Errors, want, r.Profiles)
	}
}
