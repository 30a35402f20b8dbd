package healthz

import (
	"encoding/json"
	"errors"
	"expvar"
	"math"
	"net/http"
	"net/http/httptest"
	_ "net/http/pprof"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ expvar.Var = (*Checker)(nil)

func TestHandler(t *testing.T) {
	h := Handler()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/debug/pprof/healthz", nil))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("status %d, header %v", w.Code, w.Header())
	}
	got, err := Read(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got.PID != os.Getpid() || time.Since(got.Time) > time.Minute || got.Start.After(got.Time) {
		t.Errorf("%+v", got)
	}
	var names []string
	lowest := 100
	for _, p := range got.Parts {
		names = append(names, p.Name)
		if p.Score != nil {
			lowest = min(lowest, *p.Score)
		}
	}
	if list := strings.Join(names, " "); list != "throttling goroutines heap gc profile cgo" || got.Score != lowest {
		t.Errorf("score %d, lowest part %d, parts %s", got.Score, lowest, list)
	}

	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", "/", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d", w.Code)
	}
}

// TestBesidePprof holds that the pattern that the documentation gives lives with
// those of net/http/pprof, and is not hidden by them.
func TestBesidePprof(t *testing.T) {
	http.Handle("GET /debug/pprof/healthz", Handler())
	for _, method := range []string{"GET", "HEAD"} {
		w := httptest.NewRecorder()
		http.DefaultServeMux.ServeHTTP(w, httptest.NewRequest(method, "/debug/pprof/healthz", nil))
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: status %d, header %v", method, w.Code, w.Header())
		}
	}
}

// TestBuildID compares with what the go command says of this program.
func TestBuildID(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "tool", "buildid", exe).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimSpace(string(out))
	if want == "" {
		t.Fatal("the test has no build id")
	}
	if c := New(Config{}); c.buildID != want {
		t.Errorf("build id %q, want %q", c.buildID, want)
	}
	if got := textID(strings.NewReader("MZ\x00\xff Go build ID: \"a/b\"\n \xffcode")); got != "a/b" {
		t.Errorf("build id in text: %q", got)
	}
	if got := textID(strings.NewReader("\xff Go build ID: \"a/b")); got != "" {
		t.Errorf("build id without an end: %q", got)
	}
}

// count returns how many pauses a histogram of runtime/metrics holds.
func count(name string) (n uint64) {
	list := []metrics.Sample{{Name: name}}
	metrics.Read(list)
	for _, c := range list[0].Value.Float64Histogram().Counts {
		n += c
	}
	return n
}

// TestWorldRuns holds that a check does not stop the world; ReadMemStats shows
// that the count would tell.
func TestWorldRuns(t *testing.T) {
	const pauses = "/sched/pauses/total/other:seconds"
	h := Handler()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	ask := func() { h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)) }
	ask()
	before := count(pauses)
	for range 1000 {
		ask()
	}
	if n := count(pauses) - before; n != 0 {
		t.Errorf("%d pauses in 1000 checks", n)
	}
	before = count(pauses)
	runtime.ReadMemStats(new(runtime.MemStats))
	if count(pauses) == before {
		t.Error("stopping the world is not counted")
	}
}

func TestConcurrent(t *testing.T) {
	c := New(Config{Window: time.Nanosecond})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if !json.Valid([]byte(c.String())) {
					t.Error("not JSON")
				}
			}
		})
	}
	all.Wait()
	if n := len(c.past); n > 2 {
		t.Errorf("%d samples kept beyond the window", n)
	}
}

func TestRead(t *testing.T) {
	h := New(Config{}).Check()
	good := marshal(t, h)
	h.Score = 101
	if _, err := Read(strings.NewReader(good)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty":        "",
		"text":         "ok",
		"null":         "null",
		"no fields":    "{}",
		"no score":     strings.Replace(good, `"score":`, `"sc":`, 1),
		"high score":   marshal(t, h),
		"no pid":       strings.Replace(good, `"pid":`, `"p":`, 1),
		"negative pid": strings.Replace(good, `"pid":`, `"pid":-`, 1),
		"no time":      strings.Replace(good, `"time":`, `"t":`, 1),
		"no start":     strings.Replace(good, `"start":`, `"s":`, 1),
		"part":         strings.Replace(good, `"name":"heap","score":`, `"name":"heap","score":7`, 1),
		"two":          good + good,
		"large":        good + strings.Repeat(" ", maxAnswer),
	} {
		if h, err := Read(strings.NewReader(text)); err == nil {
			t.Errorf("%s: no error but %+v", name, h)
		}
	}
	if _, err := Read(strings.NewReader(strings.Replace(good, `"parts"`, `"later":1,"parts"`, 1))); err != nil {
		t.Errorf("a later version: %v", err)
	}
	failure := errors.New("gone")
	if _, err := Read(failing{failure}); !errors.Is(err, failure) {
		t.Errorf("a connection that breaks: %v", err)
	}
}

func marshal(t *testing.T, h Health) string {
	t.Helper()
	data, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func FuzzRead(f *testing.F) {
	f.Add(New(Config{}).String())
	f.Add(`{"score":1e99,"pid":-1,"time":"x"}`)
	f.Fuzz(func(t *testing.T, text string) {
		h, err := Read(strings.NewReader(text))
		if err != nil {
			return
		}
		if h.Score < 0 || h.Score > 100 || h.PID <= 0 || h.Time.IsZero() {
			t.Errorf("accepted %+v", h)
		}
	})
}

func TestScore(t *testing.T) {
	for _, tt := range []struct {
		value, good, bad float64
		want             int
	}{
		{0, 0.1, 0.5, 100}, {0.1, 0.1, 0.5, 100}, {0.3, 0.1, 0.5, 50}, {0.5, 0.1, 0.5, 0}, {9, 0.1, 0.5, 0},
		{300, 300, 300, 100}, {300.1, 300, 300, 0},
	} {
		if got := score(tt.value, tt.good, tt.bad); got != tt.want {
			t.Errorf("score(%v, %v, %v) = %d, want %d", tt.value, tt.good, tt.bad, got, tt.want)
		}
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		p := part("p", "share", 1, 2)(v, "", nil)
		if _, err := json.Marshal(p); err != nil {
			t.Errorf("%v: %v", v, err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	h := Handler()
	r := httptest.NewRequest("GET", "/", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
