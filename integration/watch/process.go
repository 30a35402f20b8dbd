package watch

import (
	"fmt"
	"time"

	pprof "github.com/google/pprof/profile"

	"github.com/hotvet/hotvet/integration/healthz"
)

// A Process is what tells one process from another, as far as the service tells.
type Process struct {
	Health  bool      `json:"-"` // the next three are known
	PID     int       `json:"pid,omitempty"`
	BuildID string    `json:"build_id,omitempty"`
	Start   time.Time `json:"start,omitzero"`            // of the image
	Program string    `json:"program,omitempty"`         // build id that profiles name
	Cmdline string    `json:"-"`                         // can hold secrets: it is compared, not shown
	Allocs  float64   `json:"allocated_bytes,omitempty"` // since the start
}

// tell takes what the health URL says.
func (p *Process) tell(h healthz.Health) {
	p.Health, p.PID, p.BuildID, p.Start = true, h.PID, h.BuildID, h.Start
}

// show takes what a profile shows.
func (p *Process) show(kind string, prof *pprof.Profile) {
	if len(prof.Mapping) > 0 && prof.Mapping[0].BuildID != "" {
		p.Program = prof.Mapping[0].BuildID // the first is the program's (runtime/pprof/proto.go)
	}
	if kind != "heap" {
		return
	}
	for i, t := range prof.SampleType {
		if t.Type != "alloc_space" {
			continue
		}
		p.Allocs = 0
		for _, s := range prof.Sample {
			p.Allocs += float64(s.Value[i])
		}
	}
}

// changed says what shows that q is another process than p was, or nothing.
func (p Process) changed(q Process) string {
	both := p.Health && q.Health
	switch {
	case both && p.PID != q.PID:
		return fmt.Sprintf("the pid was %d and is %d", p.PID, q.PID)
	case both && !p.Start.Equal(q.Start):
		return fmt.Sprintf("the image began at %s, the one before at %s", q.Start.UTC().Format(time.RFC3339Nano), p.Start.UTC().Format(time.RFC3339Nano))
	case both && p.BuildID != q.BuildID, p.Program != "" && q.Program != "" && p.Program != q.Program:
		return "the build id of the program changed"
	case p.Cmdline != "" && q.Cmdline != "" && p.Cmdline != q.Cmdline:
		return "the command line changed"
	case q.Allocs > 0 && q.Allocs < p.Allocs:
		return fmt.Sprintf("%.0f bytes were allocated since the start, %.0f were before", q.Allocs, p.Allocs)
	}
	return ""
}

// merge keeps what is known of the process where q does not tell.
func (p Process) merge(q Process) Process {
	if !q.Health {
		q.Health, q.PID, q.BuildID, q.Start = p.Health, p.PID, p.BuildID, p.Start
	}
	if q.Program == "" {
		q.Program = p.Program
	}
	if q.Cmdline == "" {
		q.Cmdline = p.Cmdline
	}
	if q.Allocs == 0 {
		q.Allocs = p.Allocs
	}
	return q
}
