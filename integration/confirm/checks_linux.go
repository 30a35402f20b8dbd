package confirm

import (
	"context"
	"strings"
	"time"

	"github.com/hotvet/hotvet/integration/cgostate"
	"github.com/hotvet/hotvet/integration/symtab"
)

const (
	// askedAddresses is how many addresses the new image is asked about.
	askedAddresses = 2000
	// sampleLimit is how long the new image is given to begin a CPU profile.
	sampleLimit = time.Second
)

// beforeHandover looks at the image that is about to be replaced.
func (s *session) beforeHandover(ctx context.Context) {
	if s.trial != Plain {
		return
	}
	s.mu.Lock()
	m := s.newest(s.current())
	s.mu.Unlock()
	s.obs.Handover = new(Handover)
	if m == nil {
		return
	}
	s.obs.Handover.Sampled = m.Last.Armed()
	s.before, _ = snap(m.pid) // a process that has just ended has nothing to compare
	limited, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if text := m.askStacks(limited); text != "" {
		if report, err := cgostate.ParseStacks(strings.NewReader(text)); err == nil {
			s.obs.Handover.Stacks = &report
		}
	}
}

// afterHandover looks at the image that took the place of the other at the given
// time.
func (s *session) afterHandover(ctx context.Context, asked time.Time) {
	h := s.obs.Handover
	if h == nil {
		return
	}
	h.Served = true
	s.mu.Lock()
	m := s.newest(s.current())
	s.mu.Unlock()
	switch {
	case m == nil || m.ended():
		h.NoSymbol = "the new image had ended before it could be asked"
		h.Sampled = false // and so it is not known whether that goes on
		return
	case s.update == "":
		h.NoSymbol = "there is only one build"
	case !m.updated:
		h.OldAgain = true
	default:
		limited, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		symbols, err := compareSymbols(limited, m.link, s.builds.old, s.builds.update)
		if h.Symbols = symbols; err != nil {
			h.NoSymbol = err.Error()
		}
	}
	h.Around = surroundings(s.before, m.pid)
	h.Inherited = m.Handed.Armed()
	for h.Sampled && !h.Inherited {
		limited, cancel := context.WithTimeout(ctx, sampleLimit)
		timer, err := m.askTimer(limited)
		cancel()
		h.Gap = time.Since(asked)
		if h.Again = err == nil && timer.Armed(); h.Again || err != nil || h.Gap > sampleLimit {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// compareSymbols compares the tables of two binaries with each other and with what
// an image of the new one says.
func compareSymbols(ctx context.Context, k *link, oldBuild, newBuild string) (*Symbols, error) {
	before, err := symtab.Open(oldBuild)
	if err != nil {
		return nil, err
	}
	after, err := symtab.Open(newBuild)
	if err != nil {
		return nil, err
	}
	moves, err := symtab.Compare(before, after)
	if err != nil {
		return nil, err
	}
	self, err := k.askNames(ctx, nil)
	if err != nil {
		return nil, err
	}
	bias, err := after.Bias(self[0].Name, self[0].Entry)
	if err != nil {
		return nil, err
	}
	var pcs []uint64
	for i := 0; i < len(before.Funcs); i += len(before.Funcs)/askedAddresses + 1 {
		pcs = append(pcs, before.Funcs[i].Entry+bias)
	}
	answers, err := k.askNames(ctx, pcs)
	if err != nil {
		return nil, err
	}
	delete(answers, 0) // the answer about the probe itself
	return &Symbols{Moves: moves, Agreement: after.Agree(answers, bias)}, nil
}
