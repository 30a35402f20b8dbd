package confirm

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hotvet/hotvet/integration/sanitize"
)

// maxReport is how much is read of the reports of one image, in bytes.
const maxReport = 16 << 20

// reportEnv returns what has the sanitizers write their reports into the session's
// folder, go on after the first, and leave the exit status alone. Every address is
// reported on, since another race at it may be that of the finding.
func (s *session) reportEnv() []string {
	switch s.trial {
	case Race:
		return []string{"GORACE=" + s.reportOptions() + " suppress_equal_addresses=0 history_size=4 atexit_sleep_ms=0"}
	case ASan:
		return []string{"ASAN_OPTIONS=" + s.reportOptions() + " detect_leaks=0"}
	}
	return nil
}

func (s *session) reportOptions() string {
	return fmt.Sprintf("log_path='%s' halt_on_error=0 exitcode=0", filepath.Join(s.own, "report"))
}

// collectReports reads what a sanitizer wrote about an image. The next one in the
// same process begins anew.
func (s *session) collectReports(m *image) {
	if s.trial != Race && s.trial != ASan {
		return
	}
	path := filepath.Join(s.own, fmt.Sprintf("report.%d", m.pid))
	data, err := os.ReadFile(path)
	if err != nil {
		return // nothing was reported
	}
	text := string(data[:min(len(data), maxReport)])
	if s.trial == Race {
		m.Image.Races = sanitize.ParseRace(text)
	} else {
		m.Image.ASan = sanitize.ParseASan(text)
	}
	_ = os.Remove(path)
}

// noteEarlier keeps the counters as they are before the first reload.
func (s *session) noteEarlier() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.images {
		if !m.ended() {
			m.Earlier = readCounters(filepath.Join(s.run.Folder(), countersName, fmt.Sprintf("%d-%d", m.pid, m.number)))
		}
	}
}

// holdSome has goroutines held at the sites that hold, and waits a while for the
// first.
func (s *session) holdSome(ctx context.Context) {
	if !s.holding {
		return
	}
	s.mu.Lock()
	before := s.holds
	for _, m := range s.images {
		m.arm()
	}
	s.mu.Unlock()
	limited, cancel := context.WithTimeout(ctx, defaultWait)
	defer cancel()
	_ = poll(limited, func(context.Context) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.holds > before
	})
	time.Sleep(50 * time.Millisecond) // for others, at other sites
}
