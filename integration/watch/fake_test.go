package watch

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	pprof "github.com/google/pprof/profile"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A fake is a service whose profiles a test chooses.
type fake struct {
	*httptest.Server
	mu       sync.Mutex
	bodies   map[string][]byte // by the last part of the path; none: 404
	busy     atomic.Int32      // how many requests for a CPU profile are refused
	asked    atomic.Int32      // requests for a CPU profile
	open     atomic.Int32
	most     atomic.Int32 // CPU profiles at a time
	duration time.Duration
}

func serve(t *testing.T) *fake {
	t.Helper()
	f := &fake{bodies: make(map[string][]byte)}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	f.set("cmdline", []byte("program\x00-flag"))
	f.profiles(1000, map[string]int64{"f<main": 200}, 1<<30, 10)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/debug/pprof/")
	if name == "profile" {
		f.asked.Add(1)
		if n := f.open.Add(1); n > f.most.Load() {
			f.most.Store(n)
		}
		defer f.open.Add(-1)
		if f.busy.Add(-1) >= 0 {
			http.Error(w, "Could not enable CPU profiling: cpu profiling already in use", http.StatusInternalServerError)
			return
		}
		select {
		case <-time.After(f.duration):
		case <-r.Context().Done():
			return
		}
	}
	f.mu.Lock()
	body, ok := f.bodies[name]
	f.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write(body)
}

func (f *fake) set(name string, body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bodies[name] = body
}

// profiles makes those of one round: the CPU profile begins at a second and lasts
// ten, its stacks have samples of 10 ms.
func (f *fake) profiles(start int64, stacks map[string]int64, heap int64, goroutines int64) {
	cpu := build("cpu", "nanoseconds", stacks, 10_000_000)
	cpu.TimeNanos, cpu.DurationNanos, cpu.Period = start*1e9, 10e9, 10_000_000
	cpu.PeriodType = &pprof.ValueType{Type: "cpu", Unit: "nanoseconds"}
	f.set("profile", compress(cpu))
	memory := build("inuse_space", "bytes", map[string]int64{"make<main": heap}, 1)
	memory.SampleType = append([]*pprof.ValueType{{Type: "alloc_space", Unit: "bytes"}}, memory.SampleType...)
	memory.Sample[0].Value = []int64{heap, heap}
	f.set("heap", compress(memory))
	f.set("goroutine", compress(build("goroutine", "count", map[string]int64{"park<main": goroutines}, 1)))
}

func build(kind, unit string, stacks map[string]int64, each int64) *pprof.Profile {
	p := &pprof.Profile{SampleType: []*pprof.ValueType{{Type: kind, Unit: unit}}}
	for stack, n := range stacks {
		s := &pprof.Sample{Value: []int64{n * each}}
		for name := range strings.SplitSeq(stack, "<") {
			id := uint64(len(p.Function) + 1)
			fn := &pprof.Function{ID: id, Name: name}
			loc := &pprof.Location{ID: id, Address: id, Line: []pprof.Line{{Function: fn}}}
			p.Function, p.Location = append(p.Function, fn), append(p.Location, loc)
			s.Location = append(s.Location, loc)
		}
		p.Sample = append(p.Sample, s)
	}
	return p
}

func compress(p *pprof.Profile) []byte {
	var buf bytes.Buffer
	if err := p.Write(&buf); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

// health makes the answer of the health URL.
func (f *fake) health(pid, score int, start time.Time) {
	f.set("healthz", fmt.Appendf(nil, `{"score":%d,"time":"2026-01-02T03:04:05Z","pid":%d,"build_id":"a","start":%q}`, score, pid, start.UTC().Format(time.RFC3339Nano)))
}

func config(url string) Config {
	return Config{URL: url, Interval: time.Second, CPU: time.Second, Keep: 3, Functions: 5,
		Thresholds: Thresholds{MaxGap: time.Hour, MaxShift: 0.5, MaxGrowth: 3, MinScore: 85}}
}

func watcher(t *testing.T, c Config) *Watcher {
	t.Helper()
	w, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.source.close)
	return w
}

func round(t *testing.T, w *Watcher) Round {
	t.Helper()
	r, err := w.Round(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var began = time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
