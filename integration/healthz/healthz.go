package healthz

import (
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// A Health says how well a process is.
type Health struct {
	Score      int       `json:"score"` // 0 to 100, the lowest of the parts
	Time       time.Time `json:"time"`  // of the check
	PID        int       `json:"pid"`
	BuildID    string    `json:"build_id"`               // of cmd/link, as "go tool buildid" prints it; empty when stripped of it
	GNUBuildID string    `json:"gnu_build_id,omitempty"` // in hexadecimal, as profiles name the mapping of the program
	Start      time.Time `json:"start"`                  // when this image was initialized: execve makes it anew, the pid stays
	Parts      []Part    `json:"parts"`
}

// A Part is one reason for the score. The package's documentation tells formula,
// unit and source of each.
type Part struct {
	Name   string  `json:"name"`
	Score  *int    `json:"score"` // 0 to 100; null: cannot be told
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Good   float64 `json:"good"` // up to this value the score is 100
	Bad    float64 `json:"bad"`  // from this value on it is 0
	Reason string  `json:"reason,omitempty"`
}

// Config changes what a check goes by. The zero value is right for most services.
type Config struct {
	Window     time.Duration // over which growth and rates are measured; 0: 10 minutes
	StuckAfter time.Duration // for how long a profile or trace may be open; 0: 5 minutes

	// CountTraces says that the program has no flight recorder (runtime/trace.FlightRecorder):
	// only then does an execution trace that is on mean that someone forgot to stop it.
	CountTraces bool
}

// A Checker checks the process that it is in. It is an http.Handler and an
// expvar.Var: expvar.Publish("health", checker).
type Checker struct {
	window, stuckAfter time.Duration
	countTraces        bool
	buildID, gnu       string
	quotas             []string // files that count throttling

	mu             sync.Mutex
	metrics        []metric
	past           []sample // oldest first
	profile, trace sighting
}

// start is when this image of the process began: package variables are initialized
// before main runs.
var start = time.Now()

// New returns a Checker, whose first rates are those from now on.
func New(config Config) *Checker {
	c := &Checker{
		window:      config.Window,
		stuckAfter:  config.StuckAfter,
		countTraces: config.CountTraces,
		quotas:      quotaFiles(),
		metrics:     newMetrics(),
	}
	if c.window <= 0 {
		c.window = 10 * time.Minute
	}
	if c.stuckAfter <= 0 {
		c.stuckAfter = 5 * time.Minute
	}
	c.buildID, c.gnu = buildIDs()
	first := c.sample(time.Now())
	first.startup = true
	c.past = append(c.past, first)
	return c
}

// Handler returns New(Config{}).
func Handler() http.Handler { return New(Config{}) }

// Check returns the health of this process. It may be called at any time, by
// several goroutines.
func (c *Checker) Check() Health {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.check(c.sample(time.Now()))
}

func (c *Checker) check(now sample) Health {
	h := Health{
		Score:      100,
		Time:       now.at.Round(0), // without the monotonic clock
		PID:        os.Getpid(),
		BuildID:    c.buildID,
		GNUBuildID: c.gnu,
		Start:      start.Round(0),
		Parts:      c.parts(now),
	}
	for _, p := range h.Parts {
		if p.Score != nil {
			h.Score = min(h.Score, *p.Score)
		}
	}
	c.keep(now)
	return h
}

// ServeHTTP answers with the health as JSON. The status is 200 whatever the score.
func (c *Checker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "health is read by GET", http.StatusMethodNotAllowed)
		return
	}
	body := append([]byte(c.String()), '\n')
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // a client that is gone needs no answer
}

// String returns the health as JSON, as expvar shows it.
func (c *Checker) String() string {
	data, err := json.Marshal(c.Check())
	if err != nil {
		panic(err) // no value of a Health is beyond JSON: see finite
	}
	return string(data)
}
