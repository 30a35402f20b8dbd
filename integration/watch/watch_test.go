package watch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	httppprof "net/http/pprof"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotvet/hotvet/integration/healthz"
)

// TestRounds: the same is no alert; each change is told, and alone.
func TestRounds(t *testing.T) {
	for _, tt := range []struct {
		name    string
		change  func(*fake, *Config)
		alert   string // substring, empty: none
		restart string
	}{
		{"same", func(f *fake, _ *Config) {}, "", ""},
		{"hot spot", func(f *fake, _ *Config) { f.profiles(1010, map[string]int64{"g<main": 150, "f<main": 50}, 1<<30, 10) }, "cpu: hot spots moved by 0.74 beyond chance", ""},
		{"small shift", func(f *fake, _ *Config) { f.profiles(1010, map[string]int64{"g<main": 90, "f<main": 110}, 1<<30, 10) }, "", ""},
		{"few samples", func(f *fake, _ *Config) { f.profiles(1010, map[string]int64{"g<main": 99}, 1<<30, 10) }, "", ""},
		{"stacks", func(f *fake, c *Config) {
			c.Thresholds.MinStacks = 0.4
			f.profiles(1010, map[string]int64{"f<main": 190, "f<b<main": 5, "f<c<main": 5}, 1<<30, 10)
		}, "cpu: the stacks in common are 0.35 of what chance leaves", ""},
		{"memory", func(f *fake, _ *Config) { f.profiles(1010, map[string]int64{"f<main": 200}, 4<<30, 10) }, "heap: grew 4.0 times", ""},
		{"goroutines", func(f *fake, _ *Config) { f.profiles(1010, map[string]int64{"f<main": 200}, 1<<30, 1600) }, "goroutine: grew 3.2 times", ""},
		{"burst of requests", func(f *fake, _ *Config) { f.profiles(1010, map[string]int64{"f<main": 200}, 1<<30, 900) }, "", ""},
		{"gap", func(f *fake, c *Config) {
			c.Thresholds.MaxGap = 4 * time.Second
			f.profiles(1015, map[string]int64{"f<main": 200}, 1<<30, 10)
		}, "no CPU profile for 5s", ""},
		{"score", func(f *fake, _ *Config) { f.health(5, 84, began) }, "the health has a score of 84", ""},
		{"execve", func(f *fake, _ *Config) { f.health(5, 100, began.Add(time.Minute)) }, "", "the image began at 2026-01-02T03:01:00Z"},
		{"restart alert", func(f *fake, c *Config) { c.Thresholds.Restart = true; f.health(6, 100, began) }, "restarted: the pid was 5 and is 6", "the pid was 5 and is 6"},
		{"less allocated", func(f *fake, _ *Config) { f.profiles(1010, map[string]int64{"f<main": 200}, 1<<29, 10) }, "", "536870912 bytes were allocated"},
		{"arguments", func(f *fake, _ *Config) { f.set("cmdline", []byte("program")) }, "", "the command line changed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t)
			f.health(5, 100, began)
			w := watcher(t, config(f.URL))
			if r := round(t, w); len(r.Profiles) != 3 || r.Alerts != nil || r.Errors != nil || r.Diffs != nil || r.Restart != "" {
				t.Fatalf("first: %+v", r)
			}
			f.profiles(1010, map[string]int64{"f<main": 200}, 1<<30, 10)
			tt.change(f, &w.config)
			r := round(t, w)
			if got := strings.Join(r.Alerts, "; "); !strings.Contains(got, tt.alert) || (got == "") != (tt.alert == "") || len(r.Alerts) > 1 {
				t.Errorf("alerts %q, want %q", got, tt.alert)
			}
			if !strings.Contains(r.Restart, tt.restart) || (r.Restart == "") != (tt.restart == "") {
				t.Errorf("restart %q, want %q", r.Restart, tt.restart)
			}
			if len(r.Diffs) != 3 || r.Gap == nil {
				t.Errorf("%d diffs, gap %v", len(r.Diffs), r.Gap)
			}
		})
	}
}

// TestChance: rare functions that come and go are no alert, and where there is
// nothing else, nothing is judged.
func TestChance(t *testing.T) {
	rare := func(hot int64, rest int) map[string]int64 {
		stacks := map[string]int64{"hot<main": hot}
		for i := range 100 {
			stacks[fmt.Sprintf("f%d<main", 2*i+rest)] = 1
		}
		return stacks
	}
	for _, tt := range []struct {
		hot       int64
		tooLittle bool
	}{{60, false}, {5, true}} {
		f := serve(t)
		w := watcher(t, config(f.URL))
		f.profiles(1000, rare(tt.hot, 0), 1<<30, 10)
		round(t, w)
		f.profiles(1010, rare(tt.hot, 1), 1<<30, 10)
		r := round(t, w)
		if d := r.Diffs[0]; len(r.Alerts) != 0 || d.TooLittle != tt.tooLittle || d.Shift < w.config.Thresholds.MaxShift {
			t.Errorf("hot %d: alerts %q, %+v", tt.hot, r.Alerts, d)
		}
	}
}

// TestYoung: what a service takes after its start is no growth, and what it takes
// later is.
func TestYoung(t *testing.T) {
	f := serve(t)
	w := watcher(t, config(f.URL))
	var alerts []string
	for i, tt := range []struct {
		pid  int
		heap int64
	}{{5, 1 << 30}, {6, 64 << 20}, {6, 1 << 30}, {6, 4 << 30}} {
		f.health(tt.pid, 100, began)
		f.profiles(int64(1000+10*i), map[string]int64{"f<main": 200}, tt.heap, 10)
		alerts = append(alerts, strings.Join(round(t, w).Alerts, "; "))
	}
	if want := []string{"", "", "", "heap: grew 4.0 times, threshold 3"}; !slices.Equal(alerts, want) {
		t.Errorf("%q, want %q", alerts, want)
	}
}

// TestOne holds that one watcher never has two requests for a CPU profile open.
func TestOne(t *testing.T) {
	f := serve(t)
	f.duration = 20 * time.Millisecond
	w := watcher(t, config(f.URL))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { _, _ = w.Round(t.Context()) })
	}
	all.Wait()
	if f.most.Load() != 1 || f.asked.Load() != 4 {
		t.Errorf("%d at a time, %d asked", f.most.Load(), f.asked.Load())
	}
}

// TestTwoWatchers has two of them watch a real service, which refuses the second
// CPU profile: both get theirs.
func TestTwoWatchers(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", httppprof.Index)
	mux.HandleFunc("/debug/pprof/profile", httppprof.Profile)
	mux.HandleFunc("/debug/pprof/cmdline", httppprof.Cmdline)
	mux.Handle("/debug/pprof/healthz", healthz.Handler())
	server := httptest.NewServer(mux)
	defer server.Close()
	var all sync.WaitGroup
	var rounds [2]Round
	for i := range rounds {
		w := watcher(t, config(server.URL+"/debug/pprof"))
		all.Go(func() { rounds[i], _ = w.Round(t.Context()) })
	}
	all.Wait()
	refused := 0
	for _, r := range rounds {
		if len(r.Profiles) != 3 || len(r.Errors) != 0 || r.Process.PID != os.Getpid() || r.Process.BuildID == "" || r.Process.Allocs == 0 || r.Score == nil {
			t.Errorf("%+v", r)
		}
		for _, note := range r.Notes {
			if strings.Contains(note, "was being taken") {
				refused++
			}
		}
	}
	if refused == 0 {
		t.Error("nobody was refused")
	}
}

// TestInterrupt: a watcher that is told to end does so at once, without an error,
// and keeps nothing of the round.
func TestInterrupt(t *testing.T) {
	f := serve(t)
	f.duration = time.Hour
	c := config(f.URL)
	c.Store = t.TempDir()
	w := watcher(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for f.open.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if err := w.Watch(ctx, func(r Round) error { t.Errorf("%+v", r); return nil }); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(c.Store); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestWatch(t *testing.T) {
	f := serve(t)
	w := watcher(t, config(f.URL))
	enough := errors.New("enough")
	rounds := 0
	err := w.Watch(t.Context(), func(r Round) error {
		if rounds++; rounds == 2 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || rounds != 2 {
		t.Errorf("%d rounds, %v", rounds, err)
	}
}

// TestOnce makes two rounds without a store, and one with what is in it.
func TestOnce(t *testing.T) {
	f := serve(t)
	c := config(f.URL)
	c.Store = t.TempDir()
	for i, want := range []int{2, 1} {
		var rounds []Round
		w := watcher(t, c)
		if err := w.Once(t.Context(), func(r Round) error { rounds = append(rounds, r); return nil }); err != nil {
			t.Fatal(err)
		}
		if len(rounds) != want || len(rounds[want-1].Diffs) != 3 {
			t.Errorf("%d: %d rounds: %+v", i, len(rounds), rounds)
		}
	}
	f.Close()
	rounds := 0
	w := watcher(t, config(f.URL))
	if err := w.Once(t.Context(), func(r Round) error { rounds++; return nil }); err != nil || rounds != 1 {
		t.Errorf("a service that is gone: %d rounds, %v", rounds, err)
	}
}

func TestConfig(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no scheme":    func(c *Config) { c.URL = "localhost:6060" },
		"file":         func(c *Config) { c.URL = "file:///etc/passwd" },
		"query":        func(c *Config) { c.URL += "?debug=1" },
		"no URL":       func(c *Config) { c.URL = "" },
		"part seconds": func(c *Config) { c.CPU = 1500 * time.Millisecond },
		"no CPU":       func(c *Config) { c.CPU = 0 },
		"long CPU":     func(c *Config) { c.CPU, c.Interval = time.Hour, time.Hour },
		"interval":     func(c *Config) { c.Interval = time.Millisecond },
		"gap":          func(c *Config) { c.Thresholds.MaxGap = 0 },
		"shift":        func(c *Config) { c.Thresholds.MaxShift = 2 },
		"stacks":       func(c *Config) { c.Thresholds.MinStacks = -1 },
		"growth":       func(c *Config) { c.Thresholds.MaxGrowth = 1 },
		"score":        func(c *Config) { c.Thresholds.MinScore = 101 },
		"keep":         func(c *Config) { c.Store, c.Keep = t.TempDir(), 0 },
	} {
		c := config("http://localhost:6060")
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for in, want := range map[string]string{
		"http://h:1":                 "http://h:1/debug/pprof/",
		"http://h:1/":                "http://h:1/debug/pprof/",
		"https://h/admin/pprof":      "https://h/admin/pprof/",
		"http://u:secret@h/a/":       "http://u:xxxxx@h/a/",
		"http://[::1]:1/debug/pprof": "http://[::1]:1/debug/pprof/",
	} {
		s, err := newSource(in)
		if err != nil || s.base.Redacted() != want {
			t.Errorf("%s: %v, %v", in, s, err)
		}
	}
}
