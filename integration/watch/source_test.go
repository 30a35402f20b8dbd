package watch

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
)

func ask(t *testing.T, h http.HandlerFunc) *source {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	s, err := newSource(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

// TestRedirect: another host is not asked, neither by name nor by port nor scheme.
func TestRedirect(t *testing.T) {
	var reached atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer other.Close()
	target := ""
	s := ask(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/here" {
			_, _ = io.WriteString(w, "here")
			return
		}
		http.Redirect(w, r, target, http.StatusFound)
	})
	for _, target = range []string{other.URL + "/debug/pprof/heap", strings.Replace(s.base.String(), "http:", "https:", 1), "http://localhost:1/", "file:///etc/passwd"} {
		if data, err := s.get(t.Context(), "heap", "", 100, time.Second); err == nil || !strings.Contains(err.Error(), "redirect to another host, port or scheme refused: "+target[:5]) {
			t.Errorf("%s: %q, %v", target, data, err)
		}
	}
	if reached.Load() != 0 {
		t.Error("the other host was asked")
	}
	target = "/here"
	if data, err := s.get(t.Context(), "heap", "", 100, time.Second); err != nil || string(data) != "here" {
		t.Errorf("the same host: %q, %v", data, err)
	}
	target = "/loop"
	if _, err := s.get(t.Context(), "heap", "", 100, time.Second); err == nil || !strings.Contains(err.Error(), "redirects") {
		t.Errorf("a loop: %v", err)
	}
}

// TestSecret: no message has the password of a URL.
func TestSecret(t *testing.T) {
	for _, raw := range []string{"me:secret@host", "http://me:secret@host:70 1/", "ftp://me:secret@host", "http://me:secret@host/?x", "http://me:secret@\x7f"} {
		if _, err := newSource(raw); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", raw, err)
		}
	}
	s, err := newSource("http://me:secret@127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.get(t.Context(), "heap", "", 100, time.Minute); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("nobody listens: %v", err)
	}
}

// TestBounds: an answer without end, in size or in time, is an error.
func TestBounds(t *testing.T) {
	endless := ask(t, func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<12)); err != nil {
				return
			}
		}
	})
	if data, err := endless.get(t.Context(), "heap", "", 1<<20, time.Minute); err == nil || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("endless: %d bytes, %v", len(data), err)
	}
	silent := ask(t, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	if _, err := silent.get(t.Context(), "heap", "", 1<<20, 50*time.Millisecond); err == nil || !strings.Contains(err.Error(), "no whole answer within 50ms") {
		t.Errorf("silent: %v", err)
	}
	header := ask(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 1<<20)) })
	if _, err := header.get(t.Context(), "heap", "", 1<<20, time.Minute); err == nil {
		t.Error("a header of a megabyte: no error")
	}
}

func TestRefusal(t *testing.T) {
	s := ask(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/debug/pprof/denied":
			http.Error(w, "no\x1b[31m", http.StatusForbidden)
		case "/debug/pprof/silent":
			w.WriteHeader(http.StatusTeapot)
		default:
			http.NotFound(w, r)
		}
	})
	for path, want := range map[string]string{"denied": `the server answers 403: "no\x1b[31m"`, "silent": "the server answers 418", "none": errAbsent.Error()} {
		if _, err := s.get(t.Context(), path, "", 100, time.Minute); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

// TestBusy: a CPU profile that is refused is asked for again, but not for ever.
func TestBusy(t *testing.T) {
	f := serve(t)
	s, err := newSource(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	notes := 0
	note := func(string) { notes++ }
	f.busy.Store(3)
	if _, _, err := s.profile(t.Context(), kinds[0], 10*time.Millisecond, note); err != nil || notes != 1 || f.asked.Load() != 4 {
		t.Errorf("%v, %d notes, %d asked", err, notes, f.asked.Load())
	}
	f.busy.Store(1000)
	if _, _, err := s.profile(t.Context(), kinds[0], 10*time.Millisecond, note); !errors.Is(err, errBusy) || f.asked.Load() != 4+tries {
		t.Errorf("%v, %d asked", err, f.asked.Load())
	}
}

// TestNotAProfile: what is no profile, or one of another kind, is an error.
func TestNotAProfile(t *testing.T) {
	f := serve(t)
	for name, tt := range map[string]struct {
		body []byte
		want string
	}{
		"text":       {[]byte("<html>\x1b"), `the answer is not a profile; it begins with "<html>\x1b"`},
		"empty":      {nil, "the answer is empty"},
		"cut":        {f.bodies["profile"][:20], "the answer is a profile that is cut short"},
		"other kind": {f.bodies["heap"], "the server sent a profile of another kind"},
	} {
		f.set("profile", tt.body)
		w := watcher(t, config(f.URL))
		if r := round(t, w); len(r.Errors) != 1 || r.Errors[0] != "cpu: "+tt.want || len(r.Profiles) != 2 {
			t.Errorf("%s: %q, %v", name, r.Errors, r.Profiles)
		}
	}
}

// answers is a service that says one thing to all.
type answers struct {
	status int
	body   []byte
}

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Body: io.NopCloser(bytes.NewReader(a.body)), Request: r}, nil
}

// FuzzAnswers: whatever a service answers, the round ends, and its text drives no
// terminal.
func FuzzAnswers(f *testing.F) {
	p := build("inuse_space", "bytes", map[string]int64{"a\x1b[31m<b": 1 << 40}, 1)
	f.Add(200, compress(p))
	f.Add(200, []byte(`{"score":1,"time":"2026-01-02T03:04:05Z","pid":1,"build_id":"a","start":"2026-01-02T03:04:05Z"}`))
	f.Add(500, []byte("\x1b]0;x\x07"))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if bytes.Contains(body, []byte("profiling already in use")) {
			return // waits
		}
		c := config("http://127.0.0.1:1")
		w, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		w.source.client.Transport = answers{status, body}
		for range 2 {
			r, err := w.Round(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range r.Text(true) {
				if !unicode.IsPrint(c) && c != '\n' && c != '\t' {
					t.Fatalf("text has %q", c)
				}
			}
		}
	})
}
