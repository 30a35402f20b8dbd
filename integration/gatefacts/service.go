package gatefacts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/hotvet/hotvet/integration/cgostate"
	"github.com/hotvet/hotvet/integration/gate"
	"github.com/hotvet/hotvet/integration/internal/origin"
	"github.com/hotvet/hotvet/integration/profile"
)

// Limits of what an address may answer.
const (
	answerTime = 10 * time.Second
	maxAnswer  = 64 << 20 // bytes; a dump of 100,000 goroutines has some 50 MB
	maxHealth  = 1 << 20
)

// CheckURL refuses what is no address that can be asked.
func CheckURL(text string) error {
	_, err := origin.Parse(text)
	return err
}

// get asks one URL. No proxy is used, and a redirect to another host, port or scheme
// is refused: the user named this one. Errors have no password of the URL: they are
// kept in the audit log.
func get(ctx context.Context, address string, most int64) ([]byte, error) {
	named, err := origin.Parse(address)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{DisableKeepAlives: true}
	client := &http.Client{
		Timeout:   answerTime,
		Transport: transport,
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if origin.Of(r.URL) != origin.Of(named) {
				return fmt.Errorf("it redirects to another host, port or scheme, %s", origin.Of(r.URL))
			}
			if len(via) > 3 {
				return errors.New("it redirects without an end")
			}
			return nil
		},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 200)) // only explains
		return nil, fmt.Errorf("%s answers %s: %q", named.Redacted(), resp.Status, strings.TrimSpace(string(text)))
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", named.Redacted(), err)
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("%s answers more than %d bytes", named.Redacted(), most)
	}
	return data, nil
}

// redacted spells an address without its password.
func redacted(address string) string {
	u, err := origin.Parse(address)
	if err != nil {
		return "the address" // which get refuses
	}
	return u.Redacted()
}

// askPprof asks the handlers of net/http/pprof for a state, not for a measurement:
// a CPU profile would stand in the way of one that is being taken.
func askPprof(ctx context.Context, base string) *gate.Pprof {
	base = strings.TrimRight(base, "/")
	p := &gate.Pprof{URL: redacted(base)}
	if data, err := get(ctx, base+"/goroutine?debug=2", maxAnswer); err != nil {
		p.Goroutines = gate.Missing[gate.Goroutines](err.Error())
	} else {
		p.Goroutines = goroutines(data)
	}
	data, err := get(ctx, base+"/heap", maxAnswer)
	if err != nil {
		p.Heap = gate.Missing[int](err.Error())
		return p
	}
	heap, err := profile.Read(bytes.NewReader(data))
	if err != nil {
		p.Heap = gate.Missing[int](err.Error())
		return p
	}
	p.Heap = gate.Known(len(heap.Sample))
	return p
}

// goroutines reads a dump of all stacks.
func goroutines(text []byte) gate.Fact[gate.Goroutines] {
	report, err := cgostate.ParseStacks(bytes.NewReader(text))
	if err != nil {
		return gate.Missing[gate.Goroutines](err.Error())
	}
	g := gate.Goroutines{
		Total:     report.Total,
		InC:       report.InC(),
		Callbacks: report.Callbacks(),
		Hidden:    report.Hidden,
		Profile:   begins(text, "runtime/pprof.profileWriter("),
	}
	for _, one := range report.Goroutines {
		if one.Locked && !one.InC && len(one.Callbacks) == 0 {
			g.Locked++
		}
	}
	switch {
	case begins(text, "net/http/pprof.Trace("), begins(text, "created by runtime/trace.Start in "):
		g.Trace = gate.Known(true)
	case begins(text, "created by runtime/trace."):
		g.Trace = gate.Missing[bool]("a goroutine reads trace data: a trace is being taken, or a flight recorder runs")
	}
	return gate.Known(g)
}

// begins reports whether a line of the text begins so.
func begins(text []byte, with string) bool { return bytes.Contains(text, []byte("\n"+with)) }

// health is the answer of package healthz.
type health struct {
	Score   *float64  `json:"score"`
	Time    time.Time `json:"time"`
	PID     int       `json:"pid"`
	BuildID string    `json:"build_id"`
	GNU     string    `json:"gnu_build_id"`
	Parts   []struct {
		Name   string   `json:"name"`
		Score  *float64 `json:"score"`
		Reason string   `json:"reason"`
	} `json:"parts"`
}

// askHealth asks the health URL.
func askHealth(ctx context.Context, address string) gate.Fact[gate.Health] {
	data, err := get(ctx, address, maxHealth)
	if err != nil {
		return gate.Missing[gate.Health](err.Error())
	}
	h, err := parseHealth(data)
	if err != nil {
		return gate.Missing[gate.Health](fmt.Sprintf("%s: %v", redacted(address), err))
	}
	return gate.Known(h)
}

// parseHealth reads the answer. Keys that it does not know are those of a newer
// handler.
func parseHealth(data []byte) (gate.Health, error) {
	var h health
	if err := json.Unmarshal(data, &h); err != nil {
		return gate.Health{}, fmt.Errorf("not an answer of healthz: %w", err)
	}
	if h.Score == nil {
		return gate.Health{}, errors.New("the answer has no score")
	}
	got := gate.Health{Score: *h.Score, Time: h.Time, PID: h.PID, BuildID: h.BuildID}
	if got.BuildID == "" {
		got.BuildID = h.GNU
	}
	worst := 101.0
	for _, part := range h.Parts {
		if part.Score != nil && *part.Score < worst {
			worst = *part.Score
			got.Parts = fmt.Sprintf("worst is %s, %.4g", part.Name, worst)
			if part.Reason != "" {
				got.Parts += " (" + part.Reason + ")"
			}
		}
	}
	if got.Parts == "" {
		got.Parts = "no part is told"
	}
	return got, nil
}
